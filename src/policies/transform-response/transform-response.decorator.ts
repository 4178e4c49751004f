import { declarePolicy } from '../../contracts/policy.js';
import type { TransformResponseOptions } from './transform-response.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const TRANSFORM_RESPONSE = 'transform-response';

/**
 * Changes the answer, on a controller or one of its methods: headers, and members of JSON. `$(uuid)` in a header's value is
 * a new UUID.
 *
 * It sees what the upstream or the handler answered. Errors of the gateway's own, and what the gateway writes on
 * every answer (the correlation id, rate limits), are not its business.
 *
 * JSON that cannot be read passes unchanged, and a warning is logged: what must never leave belongs to `@FilterResponse`.
 *
 * @example @TransformResponse({ headers: { remove: ['Server', 'X-Powered-By'] } })
 */
export function TransformResponse(options: TransformResponseOptions): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: TRANSFORM_RESPONSE, options, writtenAs: '@TransformResponse' });
}
