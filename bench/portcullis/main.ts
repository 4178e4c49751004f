import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { createGateway, GatewayModule, jwt, UpstreamModule } from 'portcullis';
import { BareController, FullController, InterpretedController } from './bench.controllers.js';
import { USERS } from './bench.upstream.js';

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(USERS)],
  controllers: [BareController, FullController, InterpretedController],
})
class BenchModule {}

const gateway = await createGateway(BenchModule);
await gateway.listen();
