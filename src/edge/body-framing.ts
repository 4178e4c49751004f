import type { RequestFields } from './request-fields.js';

/** Up to fifteen digits: no number is rounded on the way. */
const LENGTH = /^\d{1,15}$/;

/**
 * Why nobody can say for sure where a request's body ends, beyond what node:http refuses by itself (RFC 9112, section 6).
 * `undefined` when that is certain.
 */
export function framingProblem(fields: RequestFields, httpMinor: number): string | undefined {
  const { codings, lengths } = fields;
  if (codings === 0 && lengths === 0) return undefined;
  if (codings + lengths > 1) return 'The length of the body was sent more than once.';
  if (codings === 1) {
    // RFC 9112, section 6.1: what sits in front may have read such a request as one without a body.
    if (httpMinor === 0) return 'HTTP/1.0 has no Transfer-Encoding.';
    if ((fields.coding as string).toLowerCase() !== 'chunked') return 'The only transfer coding is chunked.';
    return fields.upgrades ? UPGRADE : undefined;
  }
  const length = fields.length as string;
  if (!LENGTH.test(length)) return 'The Content-Length is no length.';
  return fields.upgrades && Number(length) > 0 ? UPGRADE : undefined;
}

// Where a tunnel begins in the middle of a body, two readers disagree about where (CVE-2026-58055).
const UPGRADE = 'A request with a body cannot ask for an upgrade.';
