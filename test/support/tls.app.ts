import { All, Get, Module } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

const SERVICE = defineUpstream('service', { targets: env('UPSTREAM_URL'), breaker: false });

@ProxyController(SERVICE, 'api')
@Public()
class ApiController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  /** Tells the client who its certificate says it is. */
  @Get('whoami')
  whoami(@Forward() call: ForwardCall) {
    return { certificate: call.exchange.clientCertificate ?? null };
  }

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'private')
class PrivateController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** One upstream, open to everybody and for those with a token. */
@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SERVICE)],
  controllers: [ApiController, PrivateController],
})
export class TlsModule {}
