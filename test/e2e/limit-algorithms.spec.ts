import { type ClientHttp2Session, connect } from 'node:http2';
import { Get, Module, type Type } from '@nestjs/common';
import {
  AdmissionLimit,
  Authenticate,
  apiKey,
  ConcurrencyLimit,
  ConfigError,
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  RateLimit,
  type UpstreamClient,
  UpstreamModule,
} from 'portcullis';
import { FakeClock } from 'portcullis/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOfApiKey, newApiKey } from '../../src/contracts/api-key-text.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { type Answer, type Ask, ask, startGateway, WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

const SERVICE = defineUpstream('counted-service', { targets: env('UPSTREAM_URL') });
const KEYS = { gold: newApiKey(), free: newApiKey() };
const BY_TENANT = { header: 'X-Tenant' } as const;

@ProxyController(SERVICE, 'counted')
@Public()
class CountedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get('fixed')
  @RateLimit({ limit: 2, window: '1m', algorithm: 'fixed-window', by: BY_TENANT })
  fixed(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('minute')
  @RateLimit({ limit: 2, window: '1m', algorithm: 'calendar-window', by: BY_TENANT })
  minute(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('month')
  @RateLimit({ limit: 1, window: '1mo', algorithm: 'calendar-window', by: BY_TENANT })
  month(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('year')
  @RateLimit({ limit: 1, window: '1y', algorithm: 'calendar-window', by: BY_TENANT })
  year(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('sliding')
  @RateLimit({ limit: 4, window: '20s', algorithm: 'sliding-window', by: BY_TENANT })
  sliding(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('bucket')
  @RateLimit({ limit: 1, window: '2s', algorithm: 'token-bucket', burst: 3, by: BY_TENANT })
  bucket(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('plain-bucket')
  @RateLimit({ limit: 2, window: '10s', algorithm: 'token-bucket', by: BY_TENANT })
  plainBucket(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('several')
  @RateLimit({ limit: 2, window: '1m', also: [{ limit: 3, window: '1d' }], by: BY_TENANT })
  several(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('used-up-at-once')
  @RateLimit({ limit: 1, window: '1m', also: [{ limit: 1, window: '1d' }], by: BY_TENANT })
  usedUpAtOnce(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }

  @Get('admitted')
  @AdmissionLimit({
    limit: 1,
    window: '1s',
    algorithm: 'token-bucket',
    burst: 2,
    also: [{ limit: 3, window: '1h' }],
  })
  admitted(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

@ProxyController(SERVICE, 'planned')
@Authenticate(apiKey())
class PlannedController {
  constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

  @Get()
  @RateLimit({
    limit: 1,
    window: '1m',
    by: 'consumer',
    plans: { gold: { limit: 2, window: '1m', also: [{ limit: 3, window: '1d' }] } },
  })
  planned(@Forward() call: ForwardCall) {
    return this.service.forward(call);
  }
}

const consumer = (id: 'gold' | 'free') => ({
  id,
  plan: id,
  apiKeys: [{ id: `${id}-key`, digest: `sha256:${digestOfApiKey(KEYS[id])}` }],
});

@Module({
  imports: [
    GatewayModule.forRoot({ consumers: [consumer('gold'), consumer('free')] }),
    UpstreamModule.forFeature(SERVICE),
  ],
  controllers: [CountedController, PlannedController],
})
class AppModule {}

describe.each(WAYS)('how limits count, %s', (way) => {
  describe.each(['HTTP/1.1', 'HTTP/2'] as const)('over %s', (protocol) => {
    const clock = new FakeClock(Date.parse('2027-01-01T00:00:00Z'));
    const fixture = gatewayOf(AppModule, { way, clock });
    let session: ClientHttp2Session | undefined;

    beforeAll(() => {
      if (protocol === 'HTTP/2') session = connect(fixture.running.url).setMaxListeners(0);
    });
    afterAll(() => session?.destroy());

    const go = (path: string, headers: Ask['headers'] = {}): Promise<Answer> =>
      session === undefined
        ? ask(fixture.running.url + path, { headers })
        : askOn(session, path, { headers });
    const times = async (count: number, kind: string, tenant: string): Promise<readonly Answer[]> => {
      const answers: Answer[] = [];
      for (let i = 0; i < count; i++) answers.push(await go(`/counted/${kind}`, { 'X-Tenant': tenant }));
      return answers;
    };
    const statuses = async (count: number, kind: string, tenant: string): Promise<readonly number[]> =>
      (await times(count, kind, tenant)).map(({ status }) => status);
    /** Lets time pass until then; every promise has its own time, later than those before it. */
    const waitFor = (moment: string): void => clock.advance(Date.parse(moment) - clock.now());

    it("begins a fixed window with a key's first request, and afresh when it has ended", async () => {
      const first = await times(3, 'fixed', 'ann');
      clock.advance(MINUTE_MS - 1);
      const [late] = await times(1, 'fixed', 'ann');
      clock.advance(1);
      const next = await statuses(3, 'fixed', 'ann');

      expect(first.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(first[2]?.headers['retry-after']).toBe('60');
      expect(late?.status).toBe(429);
      expect(late?.headers['retry-after']).toBe('1');
      expect(next).toEqual([200, 200, 429]);
    });

    it("ends a window of the calendar with the minute in UTC, whenever a key's first request came", async () => {
      waitFor('2027-01-10T12:00:40Z');
      const early = await times(3, 'minute', 'ann');
      waitFor('2027-01-10T12:00:59Z');
      const late = await times(3, 'minute', 'bob');
      waitFor('2027-01-10T12:01:00Z');
      const next = [await statuses(3, 'minute', 'ann'), await statuses(3, 'minute', 'bob')];

      expect([...early, ...late].map(({ status }) => status)).toEqual([200, 200, 429, 200, 200, 429]);
      expect([early[2], late[2]].map((answer) => answer?.headers['retry-after'])).toEqual(['20', '1']);
      expect(early[0]?.headers['ratelimit-policy']).toBe('"default";q=2;w=60');
      expect(early[0]?.headers['ratelimit']).toBe('"default";r=1;t=20');
      expect(next).toEqual([
        [200, 200, 429],
        [200, 200, 429],
      ]);
    });

    it('ends a month and a year with the calendar, and promises no length that is not kept', async () => {
      waitFor('2028-02-29T23:59:00Z');
      const [february, refused] = await times(2, 'month', 'ann');
      waitFor('2028-03-01T00:00:00Z');
      const [march] = await times(1, 'month', 'ann');
      waitFor('2028-12-31T23:00:00Z');
      const [oldYear, last] = await times(2, 'year', 'ann');
      waitFor('2029-01-01T00:00:00Z');
      const [newYear] = await times(1, 'year', 'ann');

      expect([february, refused, march].map((answer) => answer?.status)).toEqual([200, 429, 200]);
      expect(refused?.headers['retry-after']).toBe('60');
      expect(february?.headers['ratelimit-policy']).toBe('"default";q=1');
      expect(march?.headers['x-ratelimit-reset']).toBe(String((31 * DAY_MS) / 1000));
      expect([oldYear, last, newYear].map((answer) => answer?.status)).toEqual([200, 429, 200]);
      expect(last?.headers['retry-after']).toBe('3600');
      expect(newYear?.headers['x-ratelimit-reset']).toBe(String((365 * DAY_MS) / 1000));
    });

    it('lets no more than the limit pass in any span as long as a sliding window', async () => {
      waitFor('2029-02-01T00:00:00Z');
      const passed: number[] = [];
      for (let second = 0; second < 90; second++) {
        const answers = await statuses(2, 'sliding', 'ann');
        passed.push(answers.filter((status) => status === 200).length);
        clock.advance(SECOND_MS);
      }

      const spans = passed.map((_, i) => passed.slice(i, i + 20).reduce((sum, each) => sum + each, 0));
      expect(Math.max(...spans)).toBe(4);
      expect(passed.reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(4 * 4);
    });

    it('gives each part of a sliding window back a window after it was used, a twentieth later at most', async () => {
      waitFor('2029-03-01T00:00:00Z');
      await times(1, 'sliding', 'bob');
      clock.advance(10 * SECOND_MS);
      const [, , , refused] = await times(4, 'sliding', 'bob');
      clock.advance(11 * SECOND_MS);
      const next = await statuses(2, 'sliding', 'bob');

      expect(refused?.status).toBe(429);
      expect(refused?.headers['retry-after']).toBe('11');
      expect(refused?.headers['ratelimit-policy']).toBe('"default";q=4;w=20');
      expect(next).toEqual([200, 429]);
    });

    it('saves up no more than a burst in a token bucket, and gives back evenly', async () => {
      waitFor('2029-04-01T00:00:00Z');
      const atOnce = await times(4, 'bucket', 'ann');
      clock.advance(2 * SECOND_MS - 1);
      const early = await statuses(1, 'bucket', 'ann');
      clock.advance(1);
      const due = await statuses(2, 'bucket', 'ann');
      clock.advance(10 * MINUTE_MS);
      const rested = await statuses(4, 'bucket', 'ann');

      expect(atOnce.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      expect(atOnce[0]?.headers['ratelimit-policy']).toBe('"default";q=3;w=6');
      expect(atOnce[0]?.headers['ratelimit']).toBe('"default";r=2;t=2');
      expect(atOnce[3]?.headers['retry-after']).toBe('2');
      expect(atOnce[3]?.json()).toMatchObject({
        detail: 'The limit is 1 request in 2s, 3 at once.',
      });
      expect([early, due, rested]).toEqual([[429], [200, 429], [200, 200, 200, 429]]);
    });

    it('fills a token bucket without a burst with its limit', async () => {
      waitFor('2029-05-01T00:00:00Z');
      const atOnce = await times(3, 'plain-bucket', 'ann');
      clock.advance(5 * SECOND_MS);
      const due = await statuses(2, 'plain-bucket', 'ann');

      expect(atOnce.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(atOnce[0]?.headers['ratelimit-policy']).toBe('"default";q=2;w=10');
      expect(atOnce[2]?.headers['retry-after']).toBe('5');
      expect(due).toEqual([200, 429]);
    });

    it('decides once over several windows, and tells of each as a member of its own', async () => {
      waitFor('2029-06-01T00:00:00Z');
      const [first, , beyondMinute] = await times(3, 'several', 'ann');
      clock.advance(MINUTE_MS);
      const [lastOfDay, beyondDay] = await times(2, 'several', 'ann');
      clock.advance(DAY_MS - MINUTE_MS);
      const nextDay = await statuses(3, 'several', 'ann');

      expect(first?.headers).toMatchObject({
        'ratelimit-policy': '"default";q=2;w=60, "default-1d";q=3;w=86400',
        ratelimit: '"default";r=1;t=60, "default-1d";r=2;t=86400',
        'x-ratelimit-limit': '2',
        'x-ratelimit-remaining': '1',
        'x-ratelimit-reset': '60',
      });
      expect(beyondMinute?.status).toBe(429);
      expect(beyondMinute?.headers['retry-after']).toBe('60');
      expect(beyondMinute?.headers['ratelimit']).toBe('"default";r=0;t=60, "default-1d";r=1;t=86400');
      expect(beyondMinute?.json()).toMatchObject({
        policy: 'rate-limit',
        detail: 'The limit is 2 requests in 1m.',
      });
      expect(lastOfDay?.status).toBe(200);
      expect(beyondDay?.status).toBe(429);
      expect(beyondDay?.headers).toMatchObject({
        ratelimit: '"default";r=1;t=60, "default-1d";r=0;t=86340',
        'retry-after': '86340',
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '86340',
      });
      expect(beyondDay?.json()).toMatchObject({ detail: 'The limit is 3 requests in 1d.' });
      expect(nextDay).toEqual([200, 200, 429]);
    });

    it('names the window that refuses for longest where several are used up', async () => {
      waitFor('2029-07-01T00:00:00Z');
      const [last, refused] = await times(2, 'used-up-at-once', 'ann');

      expect(last?.headers['x-ratelimit-reset']).toBe('86400');
      expect(refused?.status).toBe(429);
      expect(refused?.headers['retry-after']).toBe('86400');
      expect(refused?.headers['x-ratelimit-reset']).toBe('86400');
      expect(refused?.json()).toMatchObject({ detail: 'The limit is 1 request in 1d.' });
    });

    it('counts addresses before identity in the same ways', async () => {
      waitFor('2029-08-01T00:00:00Z');
      const [first, , beyondBurst] = await times(3, 'admitted', 'ann');
      clock.advance(10 * SECOND_MS);
      const [, beyondHour] = await times(2, 'admitted', 'bob');

      expect(first?.headers['ratelimit-policy']).toBe('"admission";q=2;w=2, "admission-1h";q=3;w=3600');
      expect(beyondBurst?.json()).toMatchObject({
        status: 429,
        policy: 'admission-limit',
        detail: 'The limit is 1 request in 1s, 2 at once.',
      });
      expect(beyondBurst?.headers['retry-after']).toBe('1');
      expect(beyondHour?.json()).toMatchObject({ detail: 'The limit is 3 requests in 1h.' });
    });

    it('holds a plan to all of its windows, and others to their own', async () => {
      waitFor('2029-09-01T00:00:00Z');
      const as = (key: keyof typeof KEYS) => go('/planned', { 'X-API-Key': KEYS[key] });
      const gold = [await as('gold'), await as('gold'), await as('gold')];
      const free = [await as('free'), await as('free')];
      clock.advance(MINUTE_MS);
      const later = [await as('gold'), await as('gold'), await as('free')];

      expect(gold.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(gold[0]?.headers['ratelimit-policy']).toBe(
        '"default-gold";q=2;w=60, "default-gold-1d";q=3;w=86400',
      );
      expect(free.map(({ status }) => status)).toEqual([200, 429]);
      expect(free[0]?.headers['ratelimit-policy']).toBe('"default";q=1;w=60');
      expect(later.map(({ status }) => status)).toEqual([200, 429, 200]);
      expect(later[1]?.json()).toMatchObject({ detail: 'The limit is 3 requests in 1d.' });
    });
  });
});

describe('limits that cannot be held', () => {
  it('are all refused at start, each with where it stands and what mends it', async () => {
    @ProxyController(SERVICE, 'wrong')
    @Public()
    class WrongController {
      constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

      @Get('algorithm')
      @RateLimit({ limit: 1, window: '1m', algorithm: 'leaky' } as never)
      algorithm(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('burst')
      @RateLimit({ limit: 1, window: '1m', burst: 5, also: [{ limit: 5, window: '1h', burst: 0 }] })
      burst(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('calendar')
      @RateLimit({ limit: 1, window: '2mo', algorithm: 'calendar-window' })
      calendar(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('lease')
      @RateLimit({ limit: 100, window: '1m', also: [{ limit: 50, window: '1s' }], lease: 60 })
      lease(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('twice')
      @RateLimit({ limit: 1, window: '1m', also: [{ limit: 2, window: 60_000 }] })
      twice(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('also')
      @AdmissionLimit({ limit: 1, window: '1m', also: { limit: 2, window: '1h' } } as never)
      also(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('part')
      @RateLimit({ limit: 1, window: '1m', also: [{ limit: 2, window: '1w' }, { window: '2w' }, 7] } as never)
      part(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('places')
      @ConcurrencyLimit({ limit: 0, by: 'consumer', windows: '1m' } as never)
      places(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }
    }

    @ProxyController(SERVICE, 'wrong-plans')
    @Authenticate(apiKey())
    class WrongPlansController {
      constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

      @Get()
      @RateLimit({
        limit: 1,
        window: '1m',
        by: 'consumer',
        plans: { gold: { limit: 2, window: '1m', burst: 3, also: [{ limit: 3, window: '60s' }] } },
      })
      plans(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }
    }

    @Module({
      imports: [GatewayModule.forRoot({ consumers: [consumer('gold')] }), UpstreamModule.forFeature(SERVICE)],
      controllers: [WrongController, WrongPlansController],
    })
    class WrongModule {}

    const told = await problemsOf(WrongModule);

    const noWindow = (window: string) =>
      `window is "${window}"; must be whole milliseconds above 0 or a count with s, m, h, d, mo or y, like '10m'.`;
    expect(told).toEqual([
      'WrongController.algorithm: @RateLimit: algorithm is "leaky"; must be fixed-window, calendar-window, sliding-window, token-bucket.',
      'WrongController.also: @AdmissionLimit: also is {"limit":2,"window":"1h"}; must be a list of limits.',
      'WrongController.burst: @RateLimit: also[0].burst is 0; must be a whole number above 0.',
      "WrongController.burst: @RateLimit: burst means something to algorithm: 'token-bucket' only; leave it out.",
      'WrongController.calendar: @RateLimit: window is "2mo"; must be 1mo or 1y, or be told in days.',
      'WrongController.lease: @RateLimit: lease is 60; must be at most the smallest limit, 50.',
      `WrongController.part: @RateLimit: also[0].${noWindow('1w')}`,
      'WrongController.part: @RateLimit: also[1].limit is undefined; must be a whole number above 0.',
      `WrongController.part: @RateLimit: also[1].${noWindow('2w')}`,
      'WrongController.part: @RateLimit: also[2] is 7; must be an object of options.',
      "WrongController.places: @ConcurrencyLimit: by is 'consumer', but the route is public; authenticate it or count by: 'address'.",
      'WrongController.places: @ConcurrencyLimit: limit is 0; must be a whole number above 0.',
      'WrongController.places: @ConcurrencyLimit: windows is not an option; there are limit, by, shadow, name, headers, bucket, fail.',
      'WrongController.twice: @RateLimit: also[0].window is as long as another; keep the stricter.',
      'WrongPlansController.plans: @RateLimit: plans.gold.also[0].window is as long as another; keep the stricter.',
      "WrongPlansController.plans: @RateLimit: plans.gold.burst means something to algorithm: 'token-bucket' only; leave it out.",
    ]);
  });

  it('are refused at start where the storage given counts fixed windows alone', async () => {
    @ProxyController(SERVICE, 'beyond')
    @Public()
    class BeyondController {
      constructor(@InjectUpstream(SERVICE) private readonly service: UpstreamClient) {}

      @Get('fixed')
      @RateLimit({ limit: 1, window: '1m' })
      fixed(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('bucket')
      @RateLimit({ limit: 1, window: '1m', algorithm: 'token-bucket' })
      bucket(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('several')
      @RateLimit({ limit: 1, window: '1m', also: [{ limit: 2, window: '1h' }] })
      several(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('cost')
      @RateLimit({ limit: 5, window: '1m', cost: 5 })
      cost(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }

      @Get('places')
      @ConcurrencyLimit({ limit: 1 })
      places(@Forward() call: ForwardCall) {
        return this.service.forward(call);
      }
    }
    const storage = { increment: () => Promise.reject(new Error('never asked')) };

    @Module({
      imports: [GatewayModule.forRoot({ rateLimit: { storage } }), UpstreamModule.forFeature(SERVICE)],
      controllers: [BeyondController],
    })
    class BeyondModule {}

    expect(await problemsOf(BeyondModule)).toEqual([
      'BeyondController.bucket: @RateLimit: the storage given counts fixed windows, and no token-bucket; leave the storage out, or give one that is a LimitStore.',
      'BeyondController.cost: @RateLimit: cost is given, but the store counts requests one by one; leave it out, or the storage.',
      'BeyondController.places: @ConcurrencyLimit: the storage given knows no places; leave the storage out, or give one that is a LimitStore.',
      'BeyondController.several: @RateLimit: the storage given counts one window for each limit; leave the storage out, or give one that is a LimitStore.',
    ]);
  });
});

async function problemsOf(module: Type): Promise<readonly string[]> {
  const starting = startGateway(module, { environment: { UPSTREAM_URL: 'http://127.0.0.1:1' } });
  const error = await starting.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ where, message }) => `${where}: ${message}`).sort();
}
