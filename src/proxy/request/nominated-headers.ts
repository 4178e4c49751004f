/**
 * The fields a `Connection` value names for removal, besides its own two common words (RFC 9110, section 7.6.1).
 * `undefined` when it names none, which is nearly always.
 */
export function nominatedHeaders(value: string, found: Set<string> | undefined): Set<string> | undefined {
  if (PLAIN.has(value)) return found;
  let names = found;
  for (const option of value.split(',')) {
    const name = option.trim().toLowerCase();
    if (name === '' || PLAIN.has(name)) continue;
    names ??= new Set();
    names.add(name);
  }
  return names;
}

const PLAIN = new Set(['keep-alive', 'Keep-Alive', 'close', 'Close']);

/** Takes the named fields out of a list in place; the first `skip` entries stay. */
export function removeNominated(headers: string[], names: ReadonlySet<string>, skip: number): void {
  let kept = skip;
  for (let i = skip; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (names.has(name.toLowerCase())) continue;
    headers[kept] = name;
    headers[kept + 1] = headers[i + 1] as string;
    kept += 2;
  }
  headers.length = kept;
}
