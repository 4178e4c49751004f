import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

// Without a breaker every bad answer reaches the client as what it is, however many there are.
const PLAIN = defineUpstream('plain-service', { targets: env('UPSTREAM_URL'), breaker: false });

@Public()
@ProxyController(PLAIN, '')
class PlainController {
  constructor(@InjectUpstream(PLAIN) private readonly plain: UpstreamClient) {}

  @Get('only-get')
  onlyGet(@Forward() call: ForwardCall) {
    return this.plain.forward(call);
  }

  @All('c/*path')
  rest(@Forward() call: ForwardCall) {
    return this.plain.forward(call);
  }
}

/** One upstream, open to everybody, every method and every path below `/c`. */
@Module({
  imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(PLAIN)],
  controllers: [PlainController],
})
export class PlainModule {}
