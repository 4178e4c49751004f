import { All, UseGuards } from '@nestjs/common';
import {
  Authenticate,
  apiKey,
  Forward,
  type ForwardCall,
  InjectUpstream,
  ProxyController,
  Public,
  RateLimit,
  TransformResponse,
  type UpstreamClient,
  WebSocket,
} from 'portcullis';
import { TeamGuard } from '../team.guard.js';
import { ECHO, USERS } from './bench.upstream.js';

/** Forwards and nothing else but what is always on: correlation id, checks, access log. */
@ProxyController(USERS, 'bare')
@Public()
export class BareController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The policies of the full rows; the token is asked for by the module. */
@ProxyController(USERS, 'full')
@RateLimit({ limit: 100_000_000, window: '1m', by: 'subject' })
@TransformResponse({ headers: { remove: ['X-Internal'] } })
export class FullController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The same without the limit: what a limit costs is the difference. */
@ProxyController(USERS, 'unlimited')
@TransformResponse({ headers: { remove: ['X-Internal'] } })
export class UnlimitedController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The same with units of the limit taken from Redis many at a time and handed out here. */
@ProxyController(USERS, 'leased')
@RateLimit({
  limit: 100_000_000,
  window: '1m',
  by: 'subject',
  lease: 1_000,
})
@TransformResponse({ headers: { remove: ['X-Internal'] } })
export class LeasedController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** Bare with a limit: what gateways that verify no token can do too. */
@ProxyController(USERS, 'limited')
@Public()
@RateLimit({ limit: 100_000_000, window: '1m', by: 'address' })
export class LimitedController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The policies of the full rows, known by an API key. */
@ProxyController(USERS, 'keyed')
@Authenticate(apiKey())
@RateLimit({ limit: 100_000_000, window: '1m', by: 'subject' })
@TransformResponse({ headers: { remove: ['X-Internal'] } })
export class KeyedController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The policies of the full rows, open to everybody: what identity costs is the difference. */
@ProxyController(USERS, 'open')
@Public()
@RateLimit({ limit: 100_000_000, window: '1m', by: 'address' })
@TransformResponse({ headers: { remove: ['X-Internal'] } })
export class OpenController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The policies of the full rows with a guard the compiler does not know. */
@ProxyController(USERS, 'interpreted')
@RateLimit({ limit: 100_000_000, window: '1m', by: 'subject' })
@TransformResponse({ headers: { remove: ['X-Internal'] } })
@UseGuards(TeamGuard)
export class InterpretedController {
  constructor(@InjectUpstream(USERS) private readonly users: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.users.forward(call);
  }
}

/** The WebSocket row. */
@ProxyController(ECHO, 'socket')
@Public()
@WebSocket()
export class SocketController {
  constructor(@InjectUpstream(ECHO) private readonly echo: UpstreamClient) {}

  @All('*path')
  any(@Forward() call: ForwardCall) {
    return this.echo.forward(call);
  }
}
