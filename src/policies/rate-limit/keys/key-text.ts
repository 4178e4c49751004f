import type { RateLimitBy } from '../rate-limit.options.js';

/** Whom a limit counts, in a word for the boot table: `subject or address`, `claim tenant`. */
export function keyText(by: RateLimitBy | undefined): string {
  if (by === undefined) return 'subject or address';
  if (typeof by === 'string') return by;
  if (typeof by === 'function') return by.name || 'function';
  return 'claim' in by ? `claim ${by.claim}` : `header ${by.header}`;
}
