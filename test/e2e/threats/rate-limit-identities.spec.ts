import { Get, Module } from '@nestjs/common';
import {
  type Clock,
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
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { describe, expect, it } from 'vitest';
import { MemoryRateLimitStore } from '../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { gatewayOf } from '../../support/gateway.fixture.js';
import { type Ask, WAYS } from '../../support/gateway.harness.js';
import { bearer } from '../../support/tokens.js';

const SERVICE = defineUpstream('guarded-service', { targets: env('UPSTREAM_URL') });
const BY_TENANT = { header: 'X-Tenant' } as const;
const ALGORITHMS = ['fixed', 'calendar', 'sliding', 'bucket', 'several'] as const;
const MOST_KEYS = 40;
const HOUR_MS = 3_600_000;

@ProxyController(SERVICE, 'by')
@Public()
class ByTenantController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('fixed')
  @RateLimit({ limit: 1, window: '1h', by: BY_TENANT })
  fixed(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('calendar')
  @RateLimit({ limit: 1, window: '1d', algorithm: 'calendar-window', by: BY_TENANT })
  calendar(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('sliding')
  @RateLimit({ limit: 1, window: '1h', algorithm: 'sliding-window', by: BY_TENANT })
  sliding(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('bucket')
  @RateLimit({ limit: 1, window: '1h', algorithm: 'token-bucket', by: BY_TENANT })
  bucket(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('several')
  @RateLimit({ limit: 1, window: '1h', also: [{ limit: 1, window: '1d' }], by: BY_TENANT })
  several(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('quiet')
  @RateLimit({ limit: 1, window: '1h', by: BY_TENANT })
  quiet(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'claims')
class ByClaimController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('plan')
  @RateLimit({
    limit: 1,
    window: '1h',
    plans: { gold: { limit: 3, window: '1h' } },
    planBy: { claim: 'plan' },
  })
  plan(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('tenant')
  @RateLimit({ limit: 2, window: '1h', by: { claim: 'org.tenant' } })
  tenant(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

/** A clock that an administrator sets: what it shows jumps, and no time passes. */
class SetClock implements Clock {
  #shown = Date.parse('2027-06-15T12:00:00Z');
  #passed = 0;

  now(): number {
    return this.#shown;
  }

  monotonic(): number {
    return this.#passed;
  }

  set(aheadMs: number): void {
    this.#shown += aheadMs;
  }

  pass(ms: number): void {
    this.#shown += ms;
    this.#passed += ms;
  }
}

describe.each(WAYS)('who a rate limit takes a client for, %s', (way) => {
  describe('with more clients than the store holds', () => {
    const storage = new MemoryRateLimitStore({ maxKeys: MOST_KEYS });

    @Module({
      imports: [GatewayModule.forRoot({ rateLimit: { storage } }), UpstreamModule.forFeature(SERVICE)],
      controllers: [ByTenantController],
    })
    class ManyModule {}

    const fixture = gatewayOf(ManyModule, { way });
    const status = async (kind: string, tenant: string): Promise<number> =>
      (await fixture.ask(`/by/${kind}`, { headers: { 'X-Tenant': tenant } })).status;

    it.each(ALGORITHMS)(
      '[73] keeps no more keys than it may, and still counts whoever comes (%s)',
      async (kind) => {
        const statuses = new Set<number>();
        for (let i = 0; i < 4 * MOST_KEYS; i++) statuses.add(await status(kind, `t${i}`));
        const again = await status(kind, `t${4 * MOST_KEYS - 1}`);

        expect([...statuses]).toEqual([200]);
        expect(again).toBe(429);
        expect(storage.size).toBeLessThanOrEqual(MOST_KEYS);
      },
    );

    it('[73] lets a flood of clients at one limit set nobody free at another', async () => {
      await status('quiet', 'ann');
      for (let i = 0; i < 4 * MOST_KEYS; i++) await status('fixed', `flood${i}`);

      const found = await status('quiet', 'ann');

      expect(found).toBe(429);
    });
  });

  describe('with a clock that is set', () => {
    const clock = new SetClock();

    @Module({
      imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(SERVICE)],
      controllers: [ByTenantController],
    })
    class SetModule {}

    const fixture = gatewayOf(SetModule, { way, clock });
    const status = async (kind: string, tenant: string): Promise<number> =>
      (await fixture.ask(`/by/${kind}`, { headers: { 'X-Tenant': tenant } })).status;

    it.each(ALGORITHMS)('sets nobody free, whichever way it goes (%s)', async (kind) => {
      const found = [await status(kind, 'ann')];
      for (const hours of [30, -60, 24 * 365, -24 * 730]) {
        clock.set(hours * HOUR_MS);
        found.push(await status(kind, 'ann'));
      }

      expect(found).toEqual([200, 429, 429, 429, 429]);
    });

    it.each(ALGORITHMS)('locks nobody out for longer than a window (%s)', async (kind) => {
      await status(kind, 'bob');
      clock.set(-24 * 365 * HOUR_MS);
      const refused = await status(kind, 'bob');
      // A day, and what a window that slides counts for at most beyond its length.
      clock.pass(25 * HOUR_MS);
      const next = await status(kind, 'bob');

      expect([refused, next]).toEqual([429, 200]);
    });
  });

  describe('by what a token claims', () => {
    @Module({
      imports: [GatewayModule.forRoot({ authentication: jwt() }), UpstreamModule.forFeature(SERVICE)],
      controllers: [ByClaimController],
    })
    class ClaimsModule {}

    const fixture = gatewayOf(ClaimsModule, { way });
    const statuses = async (path: string, ...all: readonly NonNullable<Ask['headers']>[]) => {
      const found: number[] = [];
      for (const headers of all) found.push((await fixture.ask(path, { headers })).status);
      return found;
    };

    it.each([
      'platinum',
      'Gold',
      'gold ',
      '',
      '__proto__',
      'constructor',
      'toString',
      ['gold'],
      { gold: true },
      null,
      0,
      true,
      undefined,
    ])("gives the plan %j, which it has no limit for, the rule's own", async (plan) => {
      const caller = bearer({ sub: `planned-${JSON.stringify(plan)}`, plan });

      expect(await statuses('/claims/plan', caller, caller)).toEqual([200, 429]);
    });

    it('gives a plan that it has a limit for that limit', async () => {
      const caller = bearer({ sub: 'golden', plan: 'gold' });

      expect(await statuses('/claims/plan', caller, caller, caller, caller)).toEqual([200, 200, 200, 429]);
    });

    it('takes all whose token lacks the claim for one client, however it is missing', async () => {
      const missing = [
        {},
        { org: {} },
        { org: { tenant: '' } },
        { org: { tenant: null } },
        { org: { tenant: ['a'] } },
        { org: { tenant: { id: 'a' } } },
        { org: 'a' },
        { org: [{ tenant: 'a' }] },
      ];

      const found = await statuses(
        '/claims/tenant',
        ...missing.map((claims, i) => ({ ...bearer({ sub: `nobody-${i}`, ...claims }) })),
      );

      expect(found).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
    });

    it('takes nobody who claims an address for those that come without a claim', async () => {
      const claiming = (tenant: string) => bearer({ sub: tenant, org: { tenant } });

      expect(await statuses('/claims/tenant', claiming('127.0.0.1'), claiming('127.0.0.1'))).toEqual([
        200, 200,
      ]);
    });
  });
});
