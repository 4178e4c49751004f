import { declarePolicy } from '../../contracts/policy.js';
import type { BodyLimitOptions, BodySize } from './body-limit.options.js';
import { BODY_LIMIT } from './body-limit.stage.js';

/**
 * The largest request body a route takes, in place of the gateway's own limit; 413 beyond.
 * To lift the limit says so: `@BodyLimit('none')`.
 *
 * @example `@BodyLimit('1mb')`
 */
export function BodyLimit(
  limit: BodySize,
  options: Omit<BodyLimitOptions, 'limit'> = {},
): ClassDecorator & MethodDecorator {
  return declarePolicy({
    policy: BODY_LIMIT,
    options: Object.freeze({ ...options, limit }),
    writtenAs: '@BodyLimit',
  });
}
