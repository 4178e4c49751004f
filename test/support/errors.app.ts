import { All, Body, ConflictException, Controller, Get, Module, Post } from '@nestjs/common';
import {
  BodyLimit,
  defineUpstream,
  ExternalAuthorization,
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
  RequireScope,
  TransformRequest,
  TransformResponse,
  Unfiltered,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';

const once = { breaker: false, retry: { attempts: 0 } } as const;

const SCRIPTED = defineUpstream('scripted', {
  targets: env('SCRIPTED_URL'),
  ...once,
  timeout: { headersMs: 150 },
});
const GONE = defineUpstream('gone', { targets: env('GONE_URL'), ...once });
const LEGACY = defineUpstream('legacy', { targets: env('ECHO_URL'), ...once, proxy: {} });
const LEGACY_GONE = defineUpstream('legacy-gone', { targets: env('GONE_URL'), ...once, proxy: {} });
/** Speaks no TLS where TLS is asked for. */
const INSECURE = defineUpstream('insecure', { targets: env('INSECURE_URL'), ...once });
/** Takes connections and says nothing, so that no TLS session ever stands. */
const MUTE = defineUpstream('mute', { targets: env('MUTE_URL'), ...once, timeout: { connectMs: 100 } });
const NARROW = defineUpstream('narrow', {
  targets: env('SCRIPTED_URL'),
  ...once,
  timeout: { headersMs: 300 },
  pool: { maxConnections: 1, maxWaiting: 0 },
});
const FRAGILE = defineUpstream('fragile', {
  targets: env('GONE_URL'),
  retry: false,
  breaker: { volume: 1, errorPercent: 1, resetMs: 60_000 },
});
const ECHO = defineUpstream('echo', { targets: env('ECHO_URL'), ...once });

/** Looks like an expression to every template language there is. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant to stay as it is.
export const EXPRESSIONS = '${7*7} #{7*7} {{7*7}} <%= 7*7 %> %{7*7} @(7*7) T(java.lang.Runtime) `id`';

/** What a careless team's error tells of the inside. */
export const INSIDE = 'connect ECONNREFUSED db.internal:5432 in /srv/team/app.js';

/** A route for each error there is. */
@Public()
@ProxyController(SCRIPTED, 'errors')
class ErrorsController {
  constructor(
    @InjectUpstream(SCRIPTED) private readonly scripted: UpstreamClient,
    @InjectUpstream(GONE) private readonly gone: UpstreamClient,
    @InjectUpstream(LEGACY_GONE) private readonly legacyGone: UpstreamClient,
    @InjectUpstream(INSECURE) private readonly insecure: UpstreamClient,
    @InjectUpstream(MUTE) private readonly mute: UpstreamClient,
    @InjectUpstream(NARROW) private readonly narrow: UpstreamClient,
    @InjectUpstream(FRAGILE) private readonly fragile: UpstreamClient,
  ) {}

  @Get('counted')
  @RateLimit({ limit: 1, window: '1h' })
  @Unfiltered('one route filters')
  counted(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Get('uncounted')
  @RateLimit({ limit: 1, window: '1h', fail: 'closed' })
  @Unfiltered('one route filters')
  uncounted(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Get('switched')
  @WebSocket({ only: true })
  @Unfiltered('one route filters')
  switched(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Post('small')
  @BodyLimit(10)
  @Unfiltered('one route filters')
  small(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Post('measured')
  @BodyLimit(10, { requireLength: true })
  @Unfiltered('one route filters')
  measured(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Get('thrown')
  thrown(): never {
    throw new Error(INSIDE);
  }

  @Get('thrown-as-answer')
  thrownAsAnswer(): never {
    throw new ConflictException('The order was taken already.');
  }

  @Get('filtered')
  @FilterResponse({ omit: ['secret'] })
  filtered(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Get('joined')
  joined() {
    return this.scripted.get('/errors/joined');
  }

  @Get('gone')
  toGone(@Forward() call: ForwardCall) {
    return this.gone.forward(call);
  }

  @Get('undecided')
  @ExternalAuthorization({ url: env('GONE_URL') })
  @Unfiltered('one route filters')
  undecided(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }

  @Get('legacy-gone')
  toLegacyGone(@Forward() call: ForwardCall) {
    return this.legacyGone.forward(call);
  }

  @Get('insecure')
  toInsecure(@Forward() call: ForwardCall) {
    return this.insecure.forward(call);
  }

  @Get('mute')
  toMute(@Forward() call: ForwardCall) {
    return this.mute.forward(call);
  }

  @Get('narrow')
  toNarrow(@Forward() call: ForwardCall) {
    return this.narrow.forward(call);
  }

  @Get('fragile')
  toFragile(@Forward() call: ForwardCall) {
    return this.fragile.forward(call);
  }

  @All('scripted/*path')
  @Unfiltered('one route filters')
  rest(@Forward() call: ForwardCall) {
    return this.scripted.forward(call);
  }
}

/** For those with a token, and one of them for those with a scope. */
@ProxyController(ECHO, 'private')
class PrivateController {
  constructor(@InjectUpstream(ECHO) private readonly echo: UpstreamClient) {}

  @Get('scoped')
  @RequireScope('orders:read')
  scoped(@Forward() call: ForwardCall) {
    return this.echo.forward(call);
  }

  @Get('any')
  any(@Forward() call: ForwardCall) {
    return this.echo.forward(call);
  }
}

@Public()
@ProxyController(ECHO, 'echo')
class EchoController {
  constructor(@InjectUpstream(ECHO) private readonly echo: UpstreamClient) {}

  @Get('shaped')
  @TransformRequest({
    headers: { set: { 'X-Shaped': EXPRESSIONS } },
    query: { set: { shaped: EXPRESSIONS } },
  })
  @TransformResponse({ headers: { set: { 'X-Shaped': EXPRESSIONS } } })
  shaped(@Forward() call: ForwardCall) {
    return this.echo.forward(call);
  }

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.echo.forward(call);
  }
}

@Public()
@ProxyController(LEGACY, 'legacy')
class LegacyController {
  constructor(@InjectUpstream(LEGACY) private readonly legacy: UpstreamClient) {}

  @All('*path')
  all(@Forward() call: ForwardCall) {
    return this.legacy.forward(call);
  }
}

/** A controller of the team's own, behind Nest's body parser, that passes on what was parsed. */
@Controller('own')
class OwnController {
  constructor(@InjectUpstream(ECHO) private readonly echo: UpstreamClient) {}

  @Post('parsed')
  parsed(@Body() body: unknown) {
    return this.echo.post('/own/parsed', body);
  }
}

/** A gateway that can be brought to every error it has. */
@Module({
  imports: [
    GatewayModule.forRoot({ authentication: jwt() }),
    UpstreamModule.forFeature(SCRIPTED, GONE, LEGACY, LEGACY_GONE, INSECURE, MUTE, NARROW, FRAGILE, ECHO),
  ],
  controllers: [ErrorsController, PrivateController, EchoController, LegacyController, OwnController],
})
export class ErrorsModule {}
