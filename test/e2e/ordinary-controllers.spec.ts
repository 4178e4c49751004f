import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Module,
  Post,
  Req,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import {
  AuthorizeGuard,
  CorrelationIdInterceptor,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  JwtAuthGuard,
  jwt,
  type Principal,
  ProxyController,
  RateLimit,
  RateLimitGuard,
  RequireScope,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, ask, WAYS } from '../support/gateway.harness.js';
import { bearer } from '../support/tokens.js';

const BACK = defineUpstream('back-service', { targets: env('UPSTREAM_URL') });

@ProxyController(BACK, 'back')
class BackController {
  constructor(@InjectUpstream(BACK) private readonly back: UpstreamClient) {}

  @Post('notes')
  notes(@Forward() call: ForwardCall) {
    return this.back.forward(call);
  }
}

@Controller('own')
@UseInterceptors(CorrelationIdInterceptor)
class OwnController {
  @Get()
  plain() {
    return { plain: true };
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    return { body };
  }

  @Get('bad')
  bad() {
    throw new BadRequestException('not like this');
  }

  @Get('broken')
  broken() {
    throw new Error('secret cause');
  }

  @Get('guarded')
  @UseGuards(JwtAuthGuard)
  guarded(@Req() req: { user?: Principal }) {
    return { subject: req.user?.subject };
  }

  @Get('scoped')
  @UseGuards(JwtAuthGuard, AuthorizeGuard)
  @RequireScope('own:read')
  scoped() {
    return { scoped: true };
  }

  @Get('limited')
  @UseGuards(JwtAuthGuard, RateLimitGuard)
  @RateLimit({ limit: 2, window: '1m' })
  limited() {
    return { limited: true };
  }

  @Get('throttled')
  @UseGuards(RateLimitGuard)
  @Throttle({ default: { limit: 1, ttl: 60_000 } })
  throttled() {
    return { throttled: true };
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(BACK)],
  controllers: [BackController, OwnController],
})
class AppModule {}

describe.each(WAYS)('ordinary controllers beside proxy routes, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  it('answers as any Nest application, correlated and logged', async () => {
    const answer = await ask(`${fixture.running.url}/own`, { headers: { 'X-Correlation-ID': `own-${way}` } });

    expect(answer.json()).toEqual({ plain: true });
    expect(answer.headers['x-correlation-id']).toBe(`own-${way}`);
    await expect
      .poll(() => fixture.running.lines().find((line) => line['correlationId'] === `own-${way}`))
      .toMatchObject({ method: 'GET', path: '/own', status: 200 });
  });

  it('parses their bodies, and leaves a proxied body as it is', async () => {
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json' } } as const;

    const own = await fixture.ask('/own/echo', { ...json, body: '{"a": 1}' });
    const malformed = await fixture.ask('/own/echo', { ...json, body: '{"a": ' });
    const proxied = await fixture.ask('/back/notes', { ...json, body: '{"a": ' });

    expect(own.json()).toEqual({ body: { a: 1 } });
    expect(malformed.status).toBe(400);
    expect(proxied.status).toBe(200);
    expect(fixture.upstream.last.body.toString()).toBe('{"a": ');
  });

  it("keeps Nest's own error format", async () => {
    const bad = await ask(`${fixture.running.url}/own/bad`);
    const broken = await ask(`${fixture.running.url}/own/broken`);

    expect([bad.status, broken.status]).toEqual([400, 500]);
    expect(bad.json()).toEqual({ statusCode: 400, message: 'not like this', error: 'Bad Request' });
    expect(broken.json()).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(bad.headers['x-correlation-id']).toBeDefined();
  });

  it('guards them by JwtAuthGuard, with req.user', async () => {
    const refused = await ask(`${fixture.running.url}/own/guarded`);
    const admitted = await fixture.ask('/own/guarded', { headers: bearer({ sub: 'nina' }) });

    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(admitted.json()).toEqual({ subject: 'nina' });
  });

  it('guards them by AuthorizeGuard where scopes are declared', async () => {
    const without = await fixture.ask('/own/scoped');
    const within = await fixture.ask('/own/scoped', { headers: bearer({ scope: 'own:read' }) });

    expect([without.status, within.status]).toEqual([403, 200]);
  });

  it('limits them by RateLimitGuard, per subject, with the same fields', async () => {
    const answers: Answer[] = [];
    for (let i = 0; i < 3; i++) {
      answers.push(await fixture.ask('/own/limited', { headers: bearer({ sub: 'olga' }) }));
    }
    const other = await fixture.ask('/own/limited', { headers: bearer({ sub: 'paul' }) });

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(other.status).toBe(200);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"default";q=2;w=60');
    expect(answers[2]?.headers['x-ratelimit-remaining']).toBe('0');
    expect(answers[2]?.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('understands @Throttle with RateLimitGuard, by address where nobody is known', async () => {
    const first = await ask(`${fixture.running.url}/own/throttled`);
    const second = await ask(`${fixture.running.url}/own/throttled`);

    expect([first.status, second.status]).toEqual([200, 429]);
  });

  it('answers 405 and OPTIONS for their paths too', async () => {
    const wrong = await ask(`${fixture.running.url}/own/echo`, { method: 'PUT' });

    expect(wrong.status).toBe(405);
    expect(wrong.headers['allow']).toBe('OPTIONS, POST');
  });
});
