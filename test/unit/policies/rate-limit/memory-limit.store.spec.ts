import { describe } from 'vitest';
import { MemoryLimitStore } from '../../../../src/policies/rate-limit/memory-limit.store.js';
import { MemoryRateLimitStore } from '../../../../src/policies/rate-limit/rate-limit.store.js';
import { conformsToLimitStore } from '../../../support/limit-store.conformance.js';
import { FakeClock } from './fixtures.js';

describe('the memory store of limits', () => {
  conformsToLimitStore(() => {
    const clock = new FakeClock();
    const store = new MemoryLimitStore(new MemoryRateLimitStore({ clock }));
    return {
      store,
      pass: (ms) => {
        clock.ms += ms;
      },
    };
  });
});
