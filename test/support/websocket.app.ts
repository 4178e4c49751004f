import { All, Get, Module, type Type } from '@nestjs/common';
import {
  Authenticate,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  RequireScope,
  TransformRequest,
  TransformResponse,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { WAYS, type Way } from './gateway.harness.js';

/** What carries an upstream's WebSockets: the same must come of it. */
export const CARRIERS = ['the built-in client', 'http-proxy-middleware'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** Both ways through the gateway with each of them. */
export const WEBSOCKET_WAYS: readonly (readonly [Way, Carrier])[] = WAYS.flatMap((way) =>
  CARRIERS.map((carrier) => [way, carrier] as const),
);

/** An application with WebSockets of every kind; all of its routes forward to the upstream of `UPSTREAM_URL`. */
export function webSocketApp(carrier: Carrier = 'the built-in client', proxy: object = {}): Type {
  const CHAT = defineUpstream('chat-service', {
    targets: env('UPSTREAM_URL'),
    timeout: { connectMs: 500, headersMs: 500 },
    breaker: false,
    retry: false,
    ...(carrier === 'http-proxy-middleware' ? { proxy } : {}),
  });

  /** Routes with WebSockets of every kind; all forward to one upstream. */
  @ProxyController(CHAT, 'chat')
  @Public()
  @WebSocket()
  class ChatController {
    constructor(@InjectUpstream(CHAT) private readonly chat: UpstreamClient) {}

    @Get('members/:room')
    @Authenticate(jwt())
    @RequireScope('chat:join')
    @TransformRequest({ headers: { set: { 'X-Room': 'members' } } })
    members(@Forward() call: ForwardCall) {
      return this.chat.forward(call.to('/rooms/members').withHeader('X-Handler', 'yes'));
    }

    @Get('few')
    @WebSocket({ maxConnections: 2, only: true })
    few(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('each')
    @WebSocket({ maxConnectionsPerPrincipal: 1 })
    each(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('small')
    @WebSocket({ maxMessageBytes: 100 })
    small(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('pages')
    @WebSocket({ origins: ['https://app.example', 'https://*.app.example', 'https://*.local.example:8443'] })
    pages(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('anywhere')
    @WebSocket({ origins: 'any' })
    anywhere(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('brief')
    @WebSocket({ idleMs: 200 })
    brief(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('limited')
    @RateLimit({ limit: 2, window: '1m', by: 'route' })
    limited(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @Get('shaped')
    @TransformResponse({ headers: { set: { 'X-Shaped': 'yes' } } })
    shaped(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }

    @All(['', '*path'])
    rest(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }
  }

  /** The same upstream, without WebSockets. */
  @ProxyController(CHAT, 'plain')
  @Public()
  class PlainController {
    constructor(@InjectUpstream(CHAT) private readonly chat: UpstreamClient) {}

    @All(['', '*path'])
    rest(@Forward() call: ForwardCall) {
      return this.chat.forward(call);
    }
  }

  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(CHAT)],
    controllers: [ChatController, PlainController],
  })
  class WebSocketAppModule {}

  return WebSocketAppModule;
}
