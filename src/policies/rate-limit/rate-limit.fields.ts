import type { Standing } from './meters/limit-meter.js';
import type { ResolvedQuota, ResolvedRateLimit } from './rate-limit.options.js';

/** Gives the fields that tell a client where it stands, at each window of the limit. */
export type WriteFields = (to: string[], standings: readonly Standing[]) => void;
type WriteStanding = (to: string[], standing: Standing) => void;

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
 *   limit, or window, is one more member.
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset` (in seconds): as @nestjs/throttler writes them. They can tell of one limit
 *   only: of the one that leaves the least, and of several such of the one that does so for longest.
 *
 * A limit in the shadow writes the second kind alone, and where no limit that counts has done so: the first kind is what
 * clients obey.
 */
export function rateLimitFields({ shadow, quotas }: ResolvedRateLimit): WriteFields {
  const writers = quotas.map(shadow ? shadowStanding : quotaStanding);
  const [only] = writers as [WriteStanding];
  if (writers.length === 1) {
    return (to, [standing]) => {
      // Nobody counted, so there is nothing to tell.
      if (standing !== undefined) only(to, standing);
    };
  }
  return (to, standings) => {
    for (let i = 0; i < standings.length; i++) (writers[i] as WriteStanding)(to, standings[i] as Standing);
  };
}

/**
 * The same for places: a quota of requests at a time (section 3.1.1, `qu`), which no time resets.
 *
 * @param remaining places left
 */
export function placesFields(name: string, limit: number): (to: string[], remaining: number) => void {
  const policy = `"${name}";q=${limit};qu="concurrent-requests"`;
  const standing = `"${name}";r=`;
  return (to, remaining) => addMembers(to, policy, standing + String(remaining));
}

function shadowStanding({ meter }: ResolvedQuota): WriteStanding {
  const most = String(meter.burst);
  return (to, { remaining, resetMs }) => {
    if (to.length === 0 || !to.includes(REMAINING)) setNumbers(to, most, remaining, seconds(resetMs));
  };
}

function quotaStanding({ name, meter, windowSeconds }: ResolvedQuota): WriteStanding {
  const most = String(meter.burst);
  const window = windowSeconds === undefined ? '' : `;w=${windowSeconds}`;
  const policy = `"${name}";q=${most}${window}`;
  const standing = `"${name}";r=`;
  return (to, { remaining, resetMs }) => {
    const left = String(remaining);
    const reset = seconds(resetMs);
    const member = `${standing}${left};t=${reset}`;
    if (to.length === 0) {
      to.push(POLICY, policy, STANDING, member, MOST, most, REMAINING, left, RESET, reset);
      return;
    }
    const first = addMembers(to, policy, member);
    const told = first ? -1 : to.indexOf(REMAINING);
    const least = Number(to[told + 1]);
    if (told >= 0 && (remaining > least || (remaining === least && Number(reset) <= Number(to[told + 3])))) {
      return;
    }
    setNumbers(to, most, remaining, reset);
  };
}

const seconds = (ms: number): string => String(Math.ceil(ms / 1000));

/** Where fields stand already, those of another limit may be among them. @returns whether they were none */
function addMembers(to: string[], policy: string, standing: string): boolean {
  const other = to.indexOf(POLICY);
  if (other < 0) {
    to.push(POLICY, policy, STANDING, standing);
    return true;
  }
  to[other + 1] += `, ${policy}`;
  const at = to.indexOf(STANDING) + 1;
  to[at] += `, ${standing}`;
  return false;
}

/** In place of those that stand there. */
function setNumbers(to: string[], most: string, remaining: number, reset: string): void {
  const at = to.indexOf(MOST);
  if (at < 0) to.push(MOST, most, REMAINING, String(remaining), RESET, reset);
  else to.splice(at, 6, MOST, most, REMAINING, String(remaining), RESET, reset);
}
