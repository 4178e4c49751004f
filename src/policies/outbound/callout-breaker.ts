import type { Clock } from '../../contracts/clock.js';
import type { BreakerOptions } from '../../contracts/upstream-definition.js';
import type { UpstreamObserver } from '../../contracts/upstream-observer.js';
import { Breaker } from '../../resilience/breaker.js';
import { checkBreaker, resolveBreaker } from '../../resilience/breaker.options.js';

/** When a server that is asked about credentials counts as failing. An answer of no use is a failure, whatever its status. */
export type CalloutBreakerOptions = Omit<BreakerOptions, 'failureStatuses'>;

export function calloutBreakerProblems(given: CalloutBreakerOptions | undefined): readonly string[] {
  if (given === undefined) return [];
  const problems = checkBreaker('', given).map(({ message }) => message);
  if (Object.hasOwn(Object(given), 'failureStatuses')) {
    problems.push('breaker.failureStatuses is not an option here: every answer of no use is a failure.');
  }
  return problems;
}

/** The breaker in front of one server, named by who asks and whom. */
export function calloutBreaker(
  policy: string,
  url: string,
  given: CalloutBreakerOptions | undefined,
  observer: UpstreamObserver,
  clock: Clock,
): Breaker {
  return new Breaker(`${policy}:${new URL(url).host}`, resolveBreaker(given), observer, clock);
}
