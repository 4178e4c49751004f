/**
 * Every value of a query parameter, decoded, in the order of the query; names are compared decoded and with case. What
 * does not decode counts as it stands, and `+` is a blank.
 *
 * @param query `''` or the query with its `?`
 */
export function queryValues(query: string, name: string): readonly string[] {
  if (query.length < 2) return NONE;
  let found: string[] | undefined;
  for (const part of query.slice(1).split('&')) {
    const cut = part.indexOf('=');
    if (decodeQuery(cut < 0 ? part : part.slice(0, cut)) !== name) continue;
    found ??= [];
    found.push(cut < 0 ? '' : decodeQuery(part.slice(cut + 1)));
  }
  return found ?? NONE;
}

const NONE: readonly string[] = Object.freeze([]);

export function decodeQuery(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
