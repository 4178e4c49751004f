import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { createGateway, GatewayModule, jwt, UpstreamModule } from 'portcullis';
import {
  BareController,
  FullController,
  InterpretedController,
  KeyedController,
  LeasedController,
  LimitedController,
  OpenController,
  SocketController,
  UnlimitedController,
} from './bench.controllers.js';
import { ECHO, USERS } from './bench.upstream.js';

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS, ECHO)],
  controllers: [
    BareController,
    FullController,
    InterpretedController,
    KeyedController,
    LeasedController,
    LimitedController,
    OpenController,
    SocketController,
    UnlimitedController,
  ],
})
class BenchModule {}

const gateway = await createGateway(BenchModule);
await gateway.listen();
