import { Get, Module, type Type } from '@nestjs/common';
import {
  Authenticate,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  type JwtOptions,
  jwt,
  ProxyController,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';

const SERVICE = defineUpstream('token-service', { targets: env('UPSTREAM_URL'), breaker: false });

/** A gateway with one route for each way to accept tokens: `/tokens/0`, `/tokens/1` … Each takes WebSockets too. */
export function tokensApp(accepting: readonly JwtOptions[]): Type {
  class TokensController {
    constructor(@InjectUpstream(SERVICE) readonly service: UpstreamClient) {}
  }
  for (const [i, options] of accepting.entries()) {
    const name = `route${i}`;
    Object.defineProperty(TokensController.prototype, name, {
      value: function forward(this: TokensController, call: ForwardCall) {
        return this.service.forward(call);
      },
    });
    const descriptor = Object.getOwnPropertyDescriptor(
      TokensController.prototype,
      name,
    ) as PropertyDescriptor;
    Get(String(i))(TokensController.prototype, name, descriptor);
    Authenticate(jwt(options))(TokensController.prototype, name, descriptor);
    WebSocket()(TokensController.prototype, name, descriptor);
    Forward()(TokensController.prototype, name, 0);
  }
  ProxyController(SERVICE, 'tokens')(TokensController);

  class TokensModule {}
  Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
    controllers: [TokensController],
  })(TokensModule);
  return TokensModule;
}
