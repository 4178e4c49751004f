import type { DownstreamRequest } from '../contracts/downstream.js';

const REQUESTED_METHOD = 'access-control-request-method';

/**
 * The method that a CORS preflight asks for (Fetch, section 4.8); `undefined` for an OPTIONS request that is none. Two
 * such fields are none: nobody knows which one the page means.
 */
export function preflightMethod({ rawHeaders }: DownstreamRequest): string | undefined {
  let asked: string | undefined;
  let fromPage = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (name === 'origin') fromPage = true;
    if (name !== REQUESTED_METHOD) continue;
    if (asked !== undefined) return undefined;
    asked = rawHeaders[i + 1];
  }
  return fromPage ? asked : undefined;
}
