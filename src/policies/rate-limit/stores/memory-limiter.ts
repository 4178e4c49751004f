import type { MemoryMeter } from '../meters/memory-meter.js';
import type { Limiter, Verdict } from './limit-store.js';

interface OwnVerdict extends Verdict {
  passed: boolean;
  retryMs: number;
}

/** Decides by meters in memory, without a promise. Its verdict is one object, so that a hit costs none. */
export class MemoryLimiter implements Limiter {
  readonly #verdict: OwnVerdict;

  constructor(
    private readonly meters: readonly MemoryMeter[],
    private readonly now: () => number,
    private readonly countRefused = false,
  ) {
    this.#verdict = { passed: true, retryMs: 0, standings: meters.map(({ standing }) => standing) };
  }

  hit(key: string, cost: number): Verdict {
    const { meters } = this;
    const verdict = this.#verdict;
    const now = this.now();
    let retryMs = 0;
    // Two loops: a hit that does not fit everywhere takes nothing anywhere.
    for (const meter of meters) {
      if (!meter.fits(key, cost, now) && cost > 0) retryMs = Math.max(retryMs, meter.retryMs);
    }
    verdict.retryMs = retryMs;
    verdict.passed = retryMs === 0;
    if (retryMs === 0 && cost > 0) for (const meter of meters) meter.take(key, cost, now);
    else if (retryMs > 0 && this.countRefused) for (const meter of meters) meter.overdraw?.(key, cost, now);
    return verdict;
  }

  reset(key: string): void {
    for (const meter of this.meters) meter.reset(key);
  }
}
