import { All, Get, Module, Param, Post } from '@nestjs/common';
import {
  Authorize,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  ProxyController,
  Public,
  RateLimit,
  TransformRequest,
  TransformResponse,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

const PUBLIC = defineUpstream('public-service', { targets: env('UPSTREAM_URL'), breaker: false });
const ADMIN = defineUpstream('admin-service', { targets: env('UPSTREAM_URL'), breaker: false });
const SHAPED = defineUpstream('shaped-service', { targets: env('UPSTREAM_URL'), breaker: false });
const FILTERED = defineUpstream('filtered-service', { targets: env('UPSTREAM_URL'), breaker: false });
const LEGACY = defineUpstream('legacy-service', { targets: env('UPSTREAM_URL'), breaker: false, proxy: {} });
/** Its name resolves to where it must not. */
const REBOUND = defineUpstream('rebound-service', {
  targets: env('REBOUND_URL'),
  breaker: false,
  dns: { deny: ['loopback', 'link-local'] },
});

/** The paths that policies were given, by the policy that saw them. */
export const SEEN_PATHS: { policy: 'rate-limit' | 'authorize'; path: string }[] = [];

/** Open to everybody; what is behind the prefix goes below `/public` of the upstream. */
@ProxyController(PUBLIC, 'api', { upstreamPath: '/public' })
@Public()
class PublicController {
  constructor(@InjectUpstream(PUBLIC) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** For those with a token, counted. */
@ProxyController(ADMIN, 'admin')
@RateLimit({
  limit: 100_000,
  window: '1h',
  by: (exchange) => {
    SEEN_PATHS.push({ policy: 'rate-limit', path: exchange.path });
    return 'everybody';
  },
})
@Authorize((_claims, call) => {
  SEEN_PATHS.push({ policy: 'authorize', path: call.path });
  return true;
})
class AdminController {
  constructor(@InjectUpstream(ADMIN) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Requests and answers are changed on the way. */
@ProxyController(SHAPED, 'shaped')
@Public()
class ShapedController {
  constructor(@InjectUpstream(SHAPED) private readonly service: UpstreamClient) {}

  @Get('named/:name')
  @TransformRequest({
    headers: { set: { 'X-Tenant': 'north' }, rename: { 'X-Old': 'X-New' } },
    query: { set: { page: '1' }, rename: { q: 'search' } },
  })
  @TransformResponse({ headers: { set: { 'X-Frame-Options': 'DENY' } } })
  named(@Param('name') name: string, @Forward() call: ForwardCall) {
    return this.service.forward(call.to('/things/:name', { name }));
  }

  /** Puts what a client sent into a header, as a careless handler does. */
  @Get('copied/:value')
  copied(@Param('value') value: string, @Forward() call: ForwardCall) {
    return this.service.forward(call.withHeader('X-Copied', value));
  }

  /** Tries to frame the request itself. */
  @Post('framed/:name')
  framed(@Param('name') name: string, @Forward() call: ForwardCall) {
    return this.service.forward(call.withHeader(name, '1'));
  }

  @Get('limited/:id')
  @RateLimit({ limit: 2, window: '1h', by: 'address' })
  limited(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Answers lose a field on the way. */
@ProxyController(FILTERED, 'filtered')
@Public()
@FilterResponse({ omit: ['secret'] })
class FilteredController {
  constructor(@InjectUpstream(FILTERED) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** Forwarded by http-proxy-middleware. */
@ProxyController(LEGACY, 'legacy')
@Public()
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(REBOUND, 'rebound')
@Public()
class ReboundController {
  constructor(@InjectUpstream(REBOUND) private readonly service: UpstreamClient) {}

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** A public prefix beside a protected one, with each kind of policy somewhere. */
@Module({
  imports: [
    GatewayModule.forRoot({ authentication: jwt() }),
    UpstreamModule.forFeature(PUBLIC, ADMIN, SHAPED, FILTERED, LEGACY, REBOUND),
  ],
  controllers: [
    PublicController,
    AdminController,
    ShapedController,
    FilteredController,
    LegacyController,
    ReboundController,
  ],
})
export class ThreatsModule {}
