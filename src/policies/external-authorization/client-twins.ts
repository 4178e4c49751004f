import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { foldedName } from './external-authorization.options.js';

/**
 * Takes out of a request what could be mistaken for what the server decided on or said: every field with a name of
 * `written`, and of those with a name of `shown` the spellings that were not shown (`X_Tenant` beside `X-Tenant`).
 */
export function clientTwins(
  shown: readonly string[],
  written: readonly string[],
): (raw: RawHeaders) => readonly HeaderEdit[] {
  const exact = new Set(shown);
  const folded = new Set([...shown, ...written].map(foldedName));
  const replaced = new Set(written.map(foldedName));
  if (folded.size === 0) return () => NONE;
  return (raw) => {
    let edits: HeaderEdit[] | undefined;
    for (let i = 0; i < raw.length; i += 2) {
      const name = (raw[i] as string).toLowerCase();
      const twin = foldedName(name);
      if (!folded.has(twin) || (exact.has(name) && !replaced.has(twin))) continue;
      edits ??= [];
      edits.push({ kind: 'remove', name });
    }
    return edits ?? NONE;
  };
}

const NONE: readonly HeaderEdit[] = Object.freeze([]);
