import { declarePolicy } from '../../contracts/policy.js';
import type { TransformRequestOptions } from './transform-request.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const TRANSFORM_REQUEST = 'transform-request';

/**
 * Changes headers and query of the upstream request, on a controller or one of its methods.
 *
 * `$(uuid)` in a value is a new UUID wherever it stands, with one exception: put into `X-Correlation-ID` it is the
 * exchange's own id. Any valid id written there becomes the exchange's, so that answer, log and upstream agree.
 *
 * @example @TransformRequest({ headers: { remove: ['Cookie'], set: { 'X-Request-ID': '$(uuid)' } } })
 */
export function TransformRequest(options: TransformRequestOptions): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: TRANSFORM_REQUEST, options, writtenAs: '@TransformRequest' });
}
