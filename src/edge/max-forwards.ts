import type { DownstreamRequest } from '../contracts/downstream.js';

const NONE_LEFT = /^0+$/;

/** Whether an OPTIONS request may go no further: whoever holds it answers it (RFC 9110, section 7.6.2). */
export function goesNoFurther(req: DownstreamRequest): boolean {
  return NONE_LEFT.test((req.headers['max-forwards'] as string | undefined) ?? '');
}
