import type { Clock } from '../../contracts/clock.js';

/**
 * A clock that a test moves: token expiry, rate limits, breakers and retry budgets follow it.
 *
 * @example
 * ```ts
 * const clock = new FakeClock();
 * const routes = await testRoutes(Test.createTestingModule({ imports: [AppModule] }).overrideProvider(CLOCK).useValue(clock));
 * clock.advance(60_000);
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;

  /** @param now what it shows first, in milliseconds since the epoch; default: the time of day */
  constructor(now = Date.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets time pass. @throws RangeError for less than nothing: time does not run backwards */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`A clock cannot be advanced by ${milliseconds} ms.`);
    this.#now += milliseconds;
    this.#monotonic += milliseconds;
  }
}
