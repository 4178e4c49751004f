import { Get, Module, UseGuards } from '@nestjs/common';
import { SkipThrottle, Throttle } from '@nestjs/throttler';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  jwt,
  NoRateLimit,
  ProxyController,
  Public,
  RateLimit,
  RateLimitGuard,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, ask, WAYS } from '../support/gateway.harness.js';
import { bearer } from '../support/tokens.js';

const TICKETS = defineUpstream('ticket-service', { targets: env('UPSTREAM_URL') });

@ProxyController(TICKETS, 'tickets')
@RateLimit({ limit: 3, window: '1m', by: 'subject', name: 'tickets' })
class TicketsController {
  constructor(@InjectUpstream(TICKETS) private readonly tickets: UpstreamClient) {}

  @Get()
  all(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('other')
  other(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('own-limit')
  @RateLimit({ limit: 1, window: '1m' })
  ownLimit(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('public')
  @Public()
  @RateLimit({ limit: 2, window: '10s', by: 'address' })
  open(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('silent')
  @RateLimit({ limit: 1, window: '1m', headers: false })
  silent(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('unlimited')
  @NoRateLimit('a health check asks every second')
  unlimited(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }
}

@ProxyController(TICKETS, 'throttled')
@UseGuards(RateLimitGuard)
class ThrottledController {
  constructor(@InjectUpstream(TICKETS) private readonly tickets: UpstreamClient) {}

  @Get()
  @Throttle({ default: { limit: 2, ttl: 60_000 } })
  throttled(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('skipped')
  @SkipThrottle()
  skipped(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }

  @Get('module')
  module(@Forward() call: ForwardCall) {
    return this.tickets.forward(call);
  }
}

@Module({
  imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(TICKETS)],
  controllers: [TicketsController, ThrottledController],
})
class AppModule {}

describe.each(WAYS)('rate limits, %s', (way) => {
  const fixture = gatewayOf(AppModule, { way });

  async function times(count: number, path: string, sub: string): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (let i = 0; i < count; i++) answers.push(await fixture.ask(path, { headers: bearer({ sub }) }));
    return answers;
  }

  const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

  it('lets n requests of a subject through and answers 429 to the next', async () => {
    const answers = await times(4, '/tickets', 'anna');

    expect(statuses(answers)).toEqual([200, 200, 200, 429]);
    expect(fixture.upstream.received).toHaveLength(3);
  });

  it('tells every caller where it stands, in the standard fields and in the well-known ones', async () => {
    const [first] = await times(1, '/tickets', 'ben');

    expect(first?.headers['ratelimit-policy']).toBe('"tickets";q=3;w=60');
    expect(first?.headers['ratelimit']).toMatch(/^"tickets";r=2;t=(60|59)$/);
    expect(first?.headers['x-ratelimit-limit']).toBe('3');
    expect(first?.headers['x-ratelimit-remaining']).toBe('2');
    expect(first?.headers['x-ratelimit-reset']).toMatch(/^(60|59)$/);
    expect(first?.headers['retry-after']).toBeUndefined();
  });

  it('answers 429 with Retry-After, the fields and a problem document that names the policy', async () => {
    const answers = await times(4, '/tickets', 'cleo');
    const last = answers[3] as Answer;

    expect(last.status).toBe(429);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(last.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(last.headers['ratelimit']).toMatch(/^"tickets";r=0;t=\d+$/);
    expect(last.headers['ratelimit-policy']).toBe('"tickets";q=3;w=60');
    expect(last.headers['x-ratelimit-remaining']).toBe('0');
    expect(last.headers['content-type']).toBe('application/problem+json');
    expect(last.json()).toMatchObject({ status: 429, code: 'rate-limited', policy: 'rate-limit' });
    expect(last.headers['x-correlation-id']).toBe((last.json() as { correlationId: string }).correlationId);
  });

  it('counts two subjects apart', async () => {
    await times(4, '/tickets', 'dora');

    const [other] = await times(1, '/tickets', 'emil');

    expect(other?.status).toBe(200);
    expect(other?.headers['x-ratelimit-remaining']).toBe('2');
  });

  it("counts a controller's routes together and a method with its own limit apart", async () => {
    await times(3, '/tickets', 'finn');

    const together = await times(1, '/tickets/other', 'finn');
    const apart = await times(2, '/tickets/own-limit', 'finn');

    expect(statuses(together)).toEqual([429]);
    expect(statuses(apart)).toEqual([200, 429]);
  });

  it('does not count a request whose token is refused', async () => {
    for (let i = 0; i < 5; i++) await ask(`${fixture.running.url}/tickets`);

    const [answer] = await times(1, '/tickets', 'gina');

    expect(answer?.headers['x-ratelimit-remaining']).toBe('2');
  });

  it('counts by address on a public route, whatever headers claim', async () => {
    const answers: Answer[] = [];
    for (let i = 0; i < 3; i++) {
      const headers = { 'X-Forwarded-For': `203.0.113.${i}` };
      answers.push(await ask(`${fixture.running.url}/tickets/public`, { headers }));
    }

    expect(statuses(answers)).toEqual([200, 200, 429]);
  });

  it('keeps the fields back where they are switched off, but not Retry-After', async () => {
    const [first, second] = await times(2, '/tickets/silent', 'hugo');

    expect(first?.headers['ratelimit']).toBeUndefined();
    expect(first?.headers['x-ratelimit-limit']).toBeUndefined();
    expect(second?.status).toBe(429);
    expect(second?.headers['retry-after']).toMatch(/^\d+$/);
    expect(second?.headers['x-ratelimit-limit']).toBeUndefined();
  });

  it('limits nothing where the limit is taken off', async () => {
    const answers = await times(6, '/tickets/unlimited', 'ida');

    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(answers[0]?.headers['ratelimit']).toBeUndefined();
  });

  it('takes @Throttle with RateLimitGuard as a word for the same limit', async () => {
    const answers = await times(3, '/throttled', 'jan');

    expect(statuses(answers)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers['ratelimit-policy']).toBe('"default";q=2;w=60');
    expect(answers[2]?.json()).toMatchObject({ code: 'rate-limited' });
  });

  it('takes @SkipThrottle as a word for no limit', async () => {
    const answers = await times(3, '/throttled/skipped', 'kim');

    expect(statuses(answers)).toEqual([200, 200, 200]);
    expect(answers[0]?.headers['ratelimit']).toBeUndefined();
  });

  it("counts with the module's own limit where RateLimitGuard stands alone", async () => {
    const [first] = await times(1, '/throttled/module', 'lena');

    expect(first?.headers['ratelimit-policy']).toBe('"default";q=1000;w=60');
    expect(first?.headers['x-ratelimit-remaining']).toBe('999');
  });

  it('logs a refusal with its policy', async () => {
    const answers = await times(4, '/tickets', 'mona');
    const id = answers[3]?.headers['x-correlation-id'];

    const lines = await fixture.running.accessLines(1);
    await expect
      .poll(() => fixture.running.lines().find((line) => line['correlationId'] === id))
      .toMatchObject({ status: 429, error: 'rate-limited', policy: 'rate-limit', subject: 'mona' });
    expect(lines.length).toBeGreaterThan(0);
  });
});
