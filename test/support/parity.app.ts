import { All, Body, Controller, Get, HttpCode, Module, Param, Post, Query, UseGuards } from '@nestjs/common';
import {
  Authorize,
  BodyLimit,
  defineUpstream,
  env,
  FilterResponse,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  NoRateLimit,
  ProxyController,
  Public,
  RateLimit,
  RateLimitGuard,
  RequireScope,
  Timeout,
  TransformRequest,
  TransformResponse,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';

const MAIN = defineUpstream('main-service', { targets: env('UPSTREAM_URL'), breaker: false });
const LEGACY = defineUpstream('legacy-service', { targets: env('UPSTREAM_URL'), breaker: false, proxy: {} });
const GONE = defineUpstream('gone-service', { targets: env('GONE_URL'), breaker: false });

interface OwnClaims {
  readonly sub: string;
}

@ProxyController(MAIN, 'main', { upstreamPath: '/m' })
@RateLimit({ limit: 100_000, window: '1h', by: 'subject', name: 'main' })
@FilterResponse({ omit: ['secret', 'items.secret'] })
class MainController {
  constructor(
    @InjectUpstream(MAIN) private readonly main: UpstreamClient,
    @InjectUpstream(GONE) private readonly gone: UpstreamClient,
  ) {}

  @Get('joined/:id')
  @RequireScope('main:read')
  async joined(@Param('id') id: string, @Query('q') q: unknown) {
    return { id, q, main: await this.main.get('/joined/:id', { params: { id } }) };
  }

  @Get('gone')
  @NoRateLimit('it never answers')
  unreachable(@Forward() call: ForwardCall) {
    return this.gone.forward(call);
  }

  @Get('own/:id')
  @Authorize<OwnClaims, 'id'>((claims, call) => claims.sub === call.params.id)
  own(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }

  @Get('text')
  @Unfiltered('text of the gateway')
  text() {
    return 'text';
  }

  @Get('few')
  @RateLimit({ limit: 2, window: '1h' })
  few(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }

  @All(['', '*path'])
  rest(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }
}

@ProxyController(MAIN, 'open')
@Public()
@TransformRequest({
  headers: { set: { 'X-Tenant': 'north' }, remove: ['Cookie'], rename: { 'X-Old': 'X-New' } },
  query: { add: { page: '1' }, remove: ['debug'] },
})
@TransformResponse({ headers: { remove: ['Server'], set: { 'X-Frame-Options': 'DENY' } } })
class OpenController {
  constructor(@InjectUpstream(MAIN) private readonly main: UpstreamClient) {}

  @Post('small')
  @BodyLimit(64)
  small(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }

  @Post('body')
  @HttpCode(202)
  body(@Body() body: unknown) {
    return { body };
  }

  @Get('late')
  @Timeout({ headersMs: 40 })
  late(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }

  @All(':a/*path')
  @BodyLimit('64kb')
  rest(@Forward() call: ForwardCall) {
    return this.main.forward(call);
  }
}

@ProxyController(LEGACY, 'legacy')
@UseGuards(JwtAuthGuard, RateLimitGuard)
@FilterResponse({ pick: ['id', 'items.id'] })
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @All(['', '*path'])
  @Unfiltered('it sends files')
  rest(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }

  @Get('picked')
  picked(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

@Controller('plain')
class PlainController {
  @Get(':id')
  plain(@Param('id') id: string) {
    return { id };
  }
}

/** Every policy somewhere, for requests that are sent through both ways and compared. */
@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(MAIN, LEGACY, GONE)],
  controllers: [MainController, OpenController, LegacyController, PlainController],
})
export class ParityModule {}
