import type { ResolvedRateLimit } from './rate-limit.options.js';

/** Appends the fields that tell a client where it stands. */
export type WriteFields = (to: string[], remaining: number, resetSeconds: number) => void;

/**
 * Makes the writer of a limit's fields. What never changes is put together here, once.
 *
 * - `RateLimit-Policy: "default";q=1000;w=60` and `RateLimit: "default";r=999;t=42`:
 *   draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4; the form stands since draft 08.
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset` (in seconds): as @nestjs/throttler writes them.
 */
export function rateLimitFields(limit: ResolvedRateLimit): WriteFields {
  const most = String(limit.limit);
  // `w` counts whole seconds and may be left out; a rounded one would promise a window that is not kept.
  const window = limit.windowMs % 1000 === 0 ? `;w=${limit.windowMs / 1000}` : '';
  const policy = `"${limit.name}";q=${most}${window}`;
  const standing = `"${limit.name}";r=`;
  return (to, remaining, resetSeconds) => {
    const left = String(remaining);
    const reset = String(resetSeconds);
    to.push(
      'RateLimit-Policy',
      policy,
      'RateLimit',
      `${standing}${left};t=${reset}`,
      'X-RateLimit-Limit',
      most,
      'X-RateLimit-Remaining',
      left,
      'X-RateLimit-Reset',
      reset,
    );
  };
}
