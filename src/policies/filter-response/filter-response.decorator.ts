import { declareOff, declarePolicy } from '../../contracts/policy.js';
import type { FilterResponseOptions } from './filter-response.options.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const FILTER_RESPONSE = 'filter-response';

/**
 * Keeps fields of JSON answers from leaving, on a controller or one of its methods.
 *
 * The answer is taken into memory (`limitBytes`, default 1 MiB), parsed whatever its content type claims, and written
 * anew. A success that cannot be parsed becomes a 502 `upstream-body`; a redirect or an error that cannot be parsed
 * keeps its status and loses its body.
 *
 * Names are compared exactly: `ssn` is not `SSN`. Where a new field of the upstream must not appear by itself, use `pick`.
 *
 * @example @FilterResponse<User>({ omit: ['ssn', 'orders.card.number'] })
 */
export function FilterResponse<T = unknown>(
  options: FilterResponseOptions<T>,
): ClassDecorator & MethodDecorator {
  return declarePolicy({ policy: FILTER_RESPONSE, options, writtenAs: '@FilterResponse' });
}

/** Passes answers as they are, where the controller or the gateway filters. The reason is for the reader and the boot table. */
export function Unfiltered(reason: string): ClassDecorator & MethodDecorator {
  return declareOff(FILTER_RESPONSE, '@Unfiltered', reason);
}
