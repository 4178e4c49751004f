import type { ResolvedRateLimit } from './rate-limit.options.js';

/** Gives the fields that tell a client where it stands. */
export type WriteFields = (to: string[], remaining: number, resetSeconds: number) => void;

const POLICY = 'RateLimit-Policy';
const STANDING = 'RateLimit';
const MOST = 'X-RateLimit-Limit';
const REMAINING = 'X-RateLimit-Remaining';
const RESET = 'X-RateLimit-Reset';

/**
 * Makes the writer of a limit's fields. What never changes is put together here, once.
 *
 * - `RateLimit-Policy: "default";q=1000;w=60` and `RateLimit: "default";r=999;t=42`:
 *   draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4; the form stands since draft 08. Both are lists: a second
 *   limit is one more member.
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset` (in seconds): as @nestjs/throttler writes them. They can tell of one limit
 *   only: of the one that leaves the least.
 *
 * A limit in the shadow writes the second kind alone, and where no limit that counts has done so: the first kind is what
 * clients obey.
 */
export function rateLimitFields(limit: ResolvedRateLimit): WriteFields {
  const most = String(limit.limit);
  if (limit.shadow) {
    return (to, remaining, resetSeconds) => {
      if (to.length === 0 || !to.includes(REMAINING)) setNumbers(to, most, remaining, String(resetSeconds));
    };
  }
  // `w` counts whole seconds and may be left out; a rounded one would promise a window that is not kept.
  const window = limit.windowMs % 1000 === 0 ? `;w=${limit.windowMs / 1000}` : '';
  const policy = `"${limit.name}";q=${most}${window}`;
  const standing = `"${limit.name}";r=`;
  return (to, remaining, resetSeconds) => {
    const left = String(remaining);
    const reset = String(resetSeconds);
    if (to.length > 0) return join(to, policy, `${standing}${left};t=${reset}`, most, remaining, reset);
    to.push(
      POLICY,
      policy,
      STANDING,
      `${standing}${left};t=${reset}`,
      MOST,
      most,
      REMAINING,
      left,
      RESET,
      reset,
    );
  };
}

/** Where fields stand already, those of another limit may be among them. */
function join(
  to: string[],
  policy: string,
  standing: string,
  most: string,
  remaining: number,
  reset: string,
): void {
  const other = to.indexOf(POLICY);
  if (other < 0) {
    to.push(POLICY, policy, STANDING, standing);
    return setNumbers(to, most, remaining, reset);
  }
  to[other + 1] += `, ${policy}`;
  const at = to.indexOf(STANDING) + 1;
  to[at] += `, ${standing}`;
  if (remaining < Number(to[to.indexOf(REMAINING) + 1])) setNumbers(to, most, remaining, reset);
}

/** In place of those that stand there. */
function setNumbers(to: string[], most: string, remaining: number, reset: string): void {
  const at = to.indexOf(MOST);
  if (at < 0) to.push(MOST, most, REMAINING, String(remaining), RESET, reset);
  else to.splice(at, 6, MOST, most, REMAINING, String(remaining), RESET, reset);
}
