import { SkipThrottle, Throttle, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { describe, expect, it } from 'vitest';
import { Limits } from '../../../../../src/policies/rate-limit/limits.js';
import { RateLimitPolicy } from '../../../../../src/policies/rate-limit/rate-limit.policy.js';
import { MemoryRateLimitStore } from '../../../../../src/policies/rate-limit/stores/memory-rate-limit.store.js';
import {
  needsThrottlerGuard,
  throttlerDeclarations,
  throttlerDefault,
} from '../../../../../src/policies/rate-limit/throttler/throttler.declarations.js';
import { route } from '../fixtures.js';

describe('@Throttle and @SkipThrottle on a proxy controller', () => {
  it('become a rate limit of the method', () => {
    class OneController {
      @Throttle({ default: { limit: 3, ttl: 1_000 } })
      list(): void {}
    }

    const declarations = throttlerDeclarations(OneController, 'list');

    expect(declarations).toEqual([
      {
        policy: 'rate-limit',
        options: { limit: 3, window: 1_000, name: 'default', headers: true, bucket: 'OneController.list' },
        writtenAs: '@Throttle',
      },
    ]);
  });

  it('say nothing where they do not stand', () => {
    class PlainController {
      list(): void {}
    }

    expect(throttlerDeclarations(PlainController, 'list')).toEqual([]);
  });

  it('take each word from the method, then the controller, then the module', () => {
    @Throttle({ default: { limit: 9, ttl: 5_000 } })
    class MixedController {
      @Throttle({ default: { limit: 3 } })
      list(): void {}
      one(): void {}
    }
    @Throttle({ default: { limit: 4 } })
    class HalfController {
      list(): void {}
    }

    const options = [
      throttlerDeclarations(MixedController, 'list'),
      throttlerDeclarations(MixedController, 'one'),
      throttlerDeclarations(HalfController, 'list'),
    ].map(([declaration]) => declaration?.options);

    expect(options).toMatchObject([
      { limit: 3, window: 5_000, bucket: 'MixedController.list' },
      { limit: 9, window: 5_000, bucket: 'MixedController.one' },
      { limit: 4, window: 60_000, bucket: 'HalfController.list' },
    ]);
  });

  it('switch the limit off, and on again for one method', () => {
    @SkipThrottle()
    class SkippedController {
      list(): void {}
      @SkipThrottle({ default: false })
      one(): void {}
    }

    const off = throttlerDeclarations(SkippedController, 'list')[0];
    const on = throttlerDeclarations(SkippedController, 'one')[0];

    expect(off).toMatchObject({ options: undefined, reason: '@SkipThrottle' });
    expect(on?.options).toMatchObject({ limit: 1000, window: 60_000 });
  });

  it('need the guard itself, and say why, where only the guard understands them', () => {
    const twice: ThrottlerModuleOptions = [
      { name: 'short', limit: 1, ttl: 1_000 },
      { name: 'long', limit: 9, ttl: 9_000 },
    ];
    class HardController {
      @Throttle({ default: { limit: () => 3, ttl: 1_000 } })
      computed(): void {}
      @Throttle({ default: { getTracker: () => 'everybody' } })
      tracked(): void {}
      @Throttle({ default: { limit: 1, ttl: 1_000, blockDuration: 60_000 } })
      blocked(): void {}
      @Throttle({ short: { limit: 1, ttl: 1_000 } })
      unknown(): void {}
    }
    const reason = (method: string, module?: ThrottlerModuleOptions) =>
      needsThrottlerGuard(throttlerDeclarations(HardController, method, module)[0]);

    const reasons = [
      reason('computed'),
      reason('tracked'),
      reason('blocked'),
      reason('unknown'),
      reason('unknown', twice),
      reason('computed', { throttlers: [{ limit: 1, ttl: 1 }], skipIf: () => false }),
      needsThrottlerGuard(throttlerDefault({ throttlers: [{ limit: 1, ttl: 1 }], skipIf: () => false })),
    ];

    expect(reasons).toEqual([
      'limit of @Throttle is decided per request',
      'getTracker of @Throttle is decided per request',
      'blockDuration of @Throttle differs from its ttl',
      "@Throttle names 'short', which is no throttler of the module",
      '@Throttle sets several limits at once (short, long)',
      'limit of @Throttle is decided per request',
      'skipIf of RateLimitGuard is decided per request',
    ]);
  });

  it('do not boot as a compiled policy where they need the guard', () => {
    class StrictController {
      @Throttle({ default: { limit: () => 3, ttl: 1_000 } })
      list(): void {}
    }
    const policy = new RateLimitPolicy(new Limits(new MemoryRateLimitStore(), []));
    const options = throttlerDeclarations(StrictController, 'list')[0]?.options as never;

    const problems = policy.check(options, route());

    expect(problems).toEqual(['limit of @Throttle is decided per request; write @RateLimit instead.']);
    expect(() => policy.compile(options, route())).toThrow('decided per request');
  });

  it('leave the module its own limit, counted per route, where RateLimitGuard stands alone', () => {
    const declaration = throttlerDefault([{ limit: 7, ttl: 2_000, setHeaders: false }]);

    expect(declaration).toEqual({
      policy: 'rate-limit',
      options: { limit: 7, window: 2_000, name: 'default', headers: false },
      writtenAs: 'RateLimitGuard',
    });
  });
});
