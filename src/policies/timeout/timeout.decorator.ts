import { declarePolicy } from '../../contracts/policy.js';
import type { TimeoutOptions } from '../../contracts/upstream-definition.js';
import { TIMEOUT } from './timeout.stage.js';

/**
 * The clocks of a route's upstream calls, each in place of the upstream's own; 504 when one runs out.
 *
 * A number says how long the answer may take, retries included: it is both `totalMs` and `headersMs`, so that a route
 * may also be given more time than its upstream gives.
 *
 * @example `@Timeout(2_000)` or `@Timeout({ headersMs: 30_000, totalMs: 60_000 })`
 */
export function Timeout(timeouts: number | TimeoutOptions): ClassDecorator & MethodDecorator {
  const options = typeof timeouts === 'number' ? { headersMs: timeouts, totalMs: timeouts } : { ...timeouts };
  return declarePolicy({ policy: TIMEOUT, options: Object.freeze(options), writtenAs: '@Timeout' });
}
