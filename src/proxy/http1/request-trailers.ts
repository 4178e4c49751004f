import { headerSection } from '../../contracts/header-section.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import { nominatedHeaders } from '../request/nominated-headers.js';
import { isTrailerField } from '../trailer-fields.js';

/**
 * The trailer fields that stood behind a client's chunks, as lines for the upstream; `''` when none may pass.
 *
 * What the client's own `Connection` names stays behind, and what an edit of the call names: a field that was taken
 * away or written anew must not come back in the client's words.
 */
export function requestTrailers({ origin, edits, rawTrailers, mayCarry }: UpstreamRequest): string {
  const raw = rawTrailers?.() ?? origin?.req.rawTrailers;
  if (raw === undefined || raw.length === 0) return '';
  const nominated = nominatedHeaders(origin?.req.headers.connection ?? '', undefined);
  const passing: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const lower = name.toLowerCase();
    if (!isTrailerField(name) || nominated?.has(lower) === true) continue;
    if (mayCarry?.(name) === false) continue;
    if (edits?.some((edit) => edit.name === lower || (edit.kind === 'rename' && edit.to === lower))) continue;
    passing.push(name, raw[i + 1] as string);
  }
  try {
    return headerSection(passing);
  } catch {
    // The body is complete without them, and half a section would be worse than none.
    return '';
  }
}
