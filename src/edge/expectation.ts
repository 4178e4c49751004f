import type { RequestFields } from './request-fields.js';

/**
 * Whether the gateway can do what a request expects of it: nothing, or one `100-continue` (RFC 9110, section 10.1.1).
 * A value that some reader finds `100-continue` in and another does not would make one wait for the other.
 */
export function canMeetExpectation({ expectation, expectations }: RequestFields): boolean {
  if (expectations === 0) return true;
  return expectations === 1 && (expectation as string).toLowerCase() === '100-continue';
}
