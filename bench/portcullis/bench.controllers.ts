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

/** The same, known by an API key. */
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

/** The same, open to everybody: what identity costs is the difference. */
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

/** The same with a guard the compiler does not know. */
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
