import { declarePolicy } from '../../contracts/policy.js';
import type { TransformRequestOptions } from './transform-request.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const TRANSFORM_REQUEST = 'transform-request';

/**
 * Changes the upstream request, on a controller or one of its methods: headers, query, fields of the body, method, path.
 *
 * A value may hold places to fill: `$(headers.name)` or `$(headers["a-name"])`, `$(query_params.name)`, and
 * `$(uri_captures.name)` or `$(uri_captures[1])` for the route's path parameters. What is absent is empty in a longer
 * text; a value that is nothing but one absent place is not written at all.
 *
 * `$(uuid)` in a value is a new UUID wherever it stands, with one exception: put into `X-Correlation-ID` it is the
 * exchange's own id. Any valid id written there becomes the exchange's, so that answer, log and upstream agree.
 *
 * @example @TransformRequest({ headers: { remove: ['Cookie'], set: { 'X-Request-ID': '$(uuid)' } } })
 */
export function TransformRequest(options: TransformRequestOptions): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: TRANSFORM_REQUEST, options, writtenAs: '@TransformRequest' });
}
