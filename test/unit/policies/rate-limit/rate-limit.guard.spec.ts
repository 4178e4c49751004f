import type { Server } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { getStorageToken, SkipThrottle, Throttle, ThrottlerGuard } from '@nestjs/throttler';
import type { NextFunction, Request, Response } from 'express';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCompilable } from '../../../../src/contracts/compilable-enhancer.js';
import { ConfigError } from '../../../../src/contracts/config-problem.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { attachExchange } from '../../../../src/contracts/exchange-of.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import { NoRateLimit, RateLimit } from '../../../../src/policies/rate-limit/rate-limit.decorator.js';
import { RateLimitGuard } from '../../../../src/policies/rate-limit/rate-limit.guard.js';
import {
  RateLimitModule,
  type RateLimitModuleOptions,
} from '../../../../src/policies/rate-limit/rate-limit.module.js';
import { MemoryRateLimitStore } from '../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import { FakeClock, route } from './fixtures.js';

@Controller('limited')
@UseGuards(RateLimitGuard)
@RateLimit({ limit: 2, window: '1m' })
class LimitedController {
  @Get('a')
  a(): string {
    return 'a';
  }

  @Get('b')
  b(): string {
    return 'b';
  }

  @Get('free')
  @NoRateLimit('checked by the balancer')
  free(): string {
    return 'free';
  }

  @Get('own')
  @RateLimit({ limit: 1, window: '10s', name: 'own' })
  own(): string {
    return 'own';
  }
}

@Controller('throttled')
@UseGuards(RateLimitGuard)
@Throttle({ default: { limit: 1, ttl: 10_000 } })
class ThrottledController {
  @Get('a')
  a(): string {
    return 'a';
  }

  @Get('b')
  b(): string {
    return 'b';
  }

  @Get('skipped')
  @SkipThrottle()
  skipped(): string {
    return 'skipped';
  }

  @Get('computed')
  @Throttle({ default: { limit: async () => 1, ttl: 10_000 } })
  computed(): string {
    return 'computed';
  }
}

@Controller('bare')
@UseGuards(RateLimitGuard)
class BareController {
  @Get()
  bare(): string {
    return 'bare';
  }
}

@Controller('beyond')
@UseGuards(RateLimitGuard)
class BeyondController {
  @Get('plans')
  @RateLimit({
    limit: 1,
    window: '1m',
    plans: { gold: { limit: 2, window: '1m' } },
    planBy: { claim: 'plan' },
  })
  plans(): string {
    return 'plans';
  }

  @Get('cost')
  @RateLimit({ limit: 5, window: '1m', cost: 5 })
  cost(): string {
    return 'cost';
  }

  @Get('algorithm')
  @RateLimit({ limit: 1, window: '1m', algorithm: 'token-bucket', burst: 5 })
  algorithm(): string {
    return 'algorithm';
  }

  @Get('also')
  @RateLimit({ limit: 1, window: '1m', also: [{ limit: 2, window: '1h' }] })
  also(): string {
    return 'also';
  }

  @Get('global')
  @RateLimit({ limit: 1, window: '1m', by: 'global' })
  global(): string {
    return 'global';
  }

  @Get('header')
  @RateLimit({ limit: 1, window: '1m', by: { header: 'X-Tenant' } })
  header(): string {
    return 'header';
  }

  @Get('within')
  @RateLimit({
    limit: 1,
    window: '1m',
    by: 'address',
    cost: 1,
    algorithm: 'fixed-window',
    shadow: false,
    name: 'within',
    headers: true,
    fail: 'open',
    lease: 1,
  })
  within(): string {
    return 'within';
  }

  @Get('shadow')
  @RateLimit({ limit: 1, window: '1m', shadow: true, by: 'global' })
  shadow(): string {
    return 'shadow';
  }
}

/** Remembers what the guard threw, and answers as Nest does. */
@Catch()
class RememberingFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    thrown.push(error);
    super.catch(error, host);
  }
}

let app: INestApplication<Server>;
let thrown: unknown[];
let clock: FakeClock;
let exchanges: Exchange[];

/** Stands in for the edge: who calls comes from two headers. */
function edge(req: Request, res: Response, next: NextFunction): void {
  const address = req.header('x-test-address') ?? '10.0.0.1';
  const exchange = new Exchange(req, res, req.method, req.path, '', address, 'id-1', 0, undefined);
  const subject = req.header('x-test-subject');
  if (subject !== undefined) exchange.principal = principalOf({ subject, method: 'jwt' });
  if (req.header('x-test-proxied') !== undefined) exchange.route = route();
  attachExchange(req, exchange);
  exchanges.push(exchange);
  next();
}

async function boot(withEdge: boolean, options: RateLimitModuleOptions = {}): Promise<void> {
  exchanges = [];
  thrown = [];
  clock = new FakeClock();
  const module = await Test.createTestingModule({
    imports: [RateLimitModule.forRoot({ storage: new MemoryRateLimitStore({ clock }), ...options })],
    controllers: [LimitedController, ThrottledController, BareController, BeyondController],
    providers: [{ provide: APP_FILTER, useClass: RememberingFilter }],
  }).compile();
  app = module.createNestApplication<INestApplication<Server>>({ logger: ['error'] });
  if (withEdge) app.use(edge);
  await app.init();
}

const get = (path: string, fields: Record<string, string> = {}) =>
  request(app.getHttpServer()).get(path).set(fields);

async function statuses(...paths: string[]): Promise<number[]> {
  const seen: number[] = [];
  for (const path of paths) seen.push((await get(path)).status);
  return seen;
}

afterEach(() => app.close());

describe('RateLimitGuard on an ordinary controller', () => {
  beforeEach(() => boot(true));

  it("shares a controller's limit between its routes and starts afresh with the next window", async () => {
    const seen = await statuses('/limited/a', '/limited/b', '/limited/a', '/limited/b');
    clock.ms = 60_000;
    const next = await statuses('/limited/b');

    expect(seen).toEqual([200, 200, 429, 429]);
    expect(next).toEqual([200]);
  });

  it('tells the client where it stands, also when it refuses', async () => {
    const allowed = await get('/limited/own');
    const refused = await get('/limited/own');

    expect(allowed.headers).toMatchObject({
      'ratelimit-policy': '"own";q=1;w=10',
      ratelimit: '"own";r=0;t=10',
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '10',
    });
    expect(allowed.headers['retry-after']).toBeUndefined();
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '10', ratelimit: '"own";r=0;t=10' });
  });

  it('records the refusal on the exchange', async () => {
    await statuses('/limited/own', '/limited/own');

    expect(exchanges.map(({ error }) => error?.code)).toEqual([undefined, 'rate-limited']);
  });

  it('counts a verified subject from whatever address, and strangers by subnet', async () => {
    const ann = { 'x-test-subject': 'ann' };
    const seen = [
      await get('/limited/own', { ...ann, 'x-test-address': '10.0.0.1' }),
      await get('/limited/own', { ...ann, 'x-test-address': '10.0.0.2' }),
      await get('/limited/own', { 'x-test-address': '2001:db8::1' }),
      await get('/limited/own', { 'x-test-address': '2001:db8::2' }),
    ].map(({ status }) => status);

    expect(seen).toEqual([200, 429, 200, 429]);
  });

  it('lets everything pass where @NoRateLimit or @SkipThrottle stands', async () => {
    const free = await statuses('/limited/free', '/limited/free', '/limited/free');
    const skipped = await statuses('/throttled/skipped', '/throttled/skipped');

    expect([...free, ...skipped]).toEqual([200, 200, 200, 200, 200]);
  });

  it('counts @Throttle per method, as ThrottlerGuard does', async () => {
    const seen = await statuses('/throttled/a', '/throttled/b', '/throttled/a', '/throttled/b');

    expect(seen).toEqual([200, 200, 429, 429]);
  });

  it('hands limits that are functions to ThrottlerGuard, with the same idea of who calls', async () => {
    const seen = [
      await get('/throttled/computed', { 'x-test-subject': 'ann' }),
      await get('/throttled/computed', { 'x-test-subject': 'bob' }),
      await get('/throttled/computed', { 'x-test-subject': 'ann' }),
    ];

    expect(seen.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(seen[0]?.headers['x-ratelimit-remaining']).toBe('0');
  });

  it('counts once where it stands globally and on the controller', async () => {
    app.useGlobalGuards(app.get(RateLimitGuard));

    const answer = await get('/limited/a');

    expect(answer.headers['x-ratelimit-remaining']).toBe('1');
  });

  it('lets pass on a proxy route, where the plan has counted already', async () => {
    const proxied = { 'x-test-proxied': 'yes' };

    const seen = [await get('/limited/own', proxied), await get('/limited/own', proxied)];

    expect(seen.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('RateLimitGuard without a limit beside it', () => {
  it("counts the module's own throttler", async () => {
    await boot(true, { throttlers: [{ limit: 1, ttl: 5_000 }] });

    const seen = await statuses('/bare', '/bare');

    expect(seen).toEqual([200, 429]);
  });

  it('allows 1000 a minute when the module says nothing either', async () => {
    await boot(true);

    const answer = await get('/bare');

    expect(answer.headers['ratelimit-policy']).toBe('"default";q=1000;w=60');
  });
});

describe('RateLimitGuard in an application without the gateway', () => {
  beforeEach(() => boot(false));

  it('keeps @RateLimit, shared by the controller, and what takes it off', async () => {
    const seen = await statuses('/limited/a', '/limited/b', '/limited/a', '/limited/free', '/limited/own');

    expect(seen).toEqual([200, 200, 429, 200, 200]);
  });

  it('is a ThrottlerGuard otherwise', async () => {
    const first = await get('/throttled/a');
    const second = await get('/throttled/a');
    const skipped = await get('/throttled/skipped');

    expect(first.headers).toMatchObject({ 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0' });
    expect(second.status).toBe(429);
    expect(second.headers['retry-after']).toBe('10');
    expect(skipped.status).toBe(200);
  });
});

describe('limits that only the gateway can hold, in an application without it', () => {
  beforeEach(async () => {
    await boot(false);
    app.useLogger(false);
  });

  it.each([
    ['plans', 'plans and planBy'],
    ['cost', 'cost'],
    ['algorithm', 'algorithm and burst'],
    ['also', 'also'],
    ['global', 'by'],
    ['header', 'by'],
  ])('are refused, so that they do not seem to be held (%s)', async (method, named) => {
    const answer = await get(`/beyond/${method}`);

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain(method);
    expect(thrown).toEqual([expect.any(ConfigError)]);
    expect((thrown[0] as ConfigError).problems).toEqual([
      {
        where: `BeyondController.${method}`,
        message: `@RateLimit({ ${named} }) needs the gateway's edge; start the application with createGateway.`,
      },
    ]);
  });

  it('are kept where they say nothing that ThrottlerGuard does not know', async () => {
    expect(await statuses('/beyond/within', '/beyond/within')).toEqual([200, 429]);
  });

  it('are passed over where they would refuse nobody', async () => {
    expect(await statuses('/beyond/shadow', '/beyond/shadow')).toEqual([200, 200]);
  });
});

describe('what RateLimitGuard is', () => {
  beforeEach(() => boot(false));

  it('is a ThrottlerGuard that can be replaced by a declaration, until somebody overrides what it does', () => {
    @Injectable()
    class HouseGuard extends RateLimitGuard {
      override async canActivate(): Promise<boolean> {
        return true;
      }
    }
    const guard = app.get(RateLimitGuard);

    expect(guard).toBeInstanceOf(ThrottlerGuard);
    expect(guard.portcullisPolicies()).toMatchObject([
      { policy: 'rate-limit', options: { limit: 1000, window: 60_000 } },
    ]);
    expect(isCompilable(guard, 'canActivate')).toBe(true);
    expect(isCompilable(Object.create(HouseGuard.prototype) as HouseGuard, 'canActivate')).toBe(false);
  });

  it('stands on a storage that a team replaces under the token of @nestjs/throttler', async () => {
    const storage = {
      increment: async () => ({ totalHits: 8, timeToExpire: 3, isBlocked: true, timeToBlockExpire: 3 }),
    };
    await app.close();
    await boot(true, { storage });

    const answer = await get('/limited/a');

    expect(app.get(getStorageToken())).toBe(storage);
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('3');
  });

  it('throws the exception of @nestjs/throttler, with the message the team configured', async () => {
    await app.close();
    await boot(true, { errorMessage: (_, { limit, ttl }) => `not more than ${limit} in ${ttl} ms` });

    await get('/limited/own');
    const answer = await get('/limited/own');

    expect(answer.body).toEqual({ statusCode: 429, message: 'not more than 1 in 10000 ms' });
  });
});
