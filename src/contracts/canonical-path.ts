/** Percent-decoding table: -1 where a byte is no hex digit. */
const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i;
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

/** RFC 3986, section 2.3: escaping one of these or not means the same. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** What a segment may hold unescaped: RFC 3986 `pchar` and the slash. Everything else must come escaped. */
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;
const ANY_PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;
/**
 * What a query may hold: RFC 3986, and what browsers send on top of it without a change of meaning (`[ ] | ^ { }` and
 * a backquote). They escape quotes and angle brackets; a backslash is a slash to some readers.
 */
const QUERY = /^[^\0- "#<>\\\x7f-\uffff]*$/;

/** Bytes that would make the gateway and an upstream see two different paths: slash, backslash, NUL. */
const NEVER_ESCAPED = new Set(['/', '\\', '\0']);

/**
 * The one reading of a path that matching, policies, logs and the upstream share (RFC 3986, section 6.2.2):
 * escapes of unreserved characters are decoded, the hex digits of all others are upper-case.
 *
 * `undefined` when the path can be read in more than one way: dot segments and empty segments, plain or escaped;
 * an escaped slash, backslash or NUL; a malformed escape or one that is not UTF-8; an unescaped character no path holds.
 */
export function canonicalPath(raw: string): string | undefined {
  if (PLAIN_PATH.test(raw)) return hasAmbiguousSegment(raw) ? undefined : raw;
  if (!ANY_PATH.test(raw)) return undefined;
  let path = '';
  let from = 0;
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', from)) {
    const high = HEX[raw.charCodeAt(at + 1)] ?? -1;
    const low = HEX[raw.charCodeAt(at + 2)] ?? -1;
    if (high < 0 || low < 0) return undefined;
    const character = String.fromCharCode(high * 16 + low);
    if (NEVER_ESCAPED.has(character)) return undefined;
    path += raw.slice(from, at);
    path += UNRESERVED.test(character) ? character : raw.slice(at, at + 3).toUpperCase();
    from = at + 3;
  }
  path += raw.slice(from);
  return hasAmbiguousSegment(path) || !isUtf8(path) ? undefined : path;
}

/** Whether a query can be passed on as it came. */
export function isSoundQuery(query: string): boolean {
  return QUERY.test(query);
}

/** Empty and dot segments: upstreams merge or resolve them, or do not. A dot segment may carry `;` parameters. */
function hasAmbiguousSegment(path: string): boolean {
  if (path.includes('//')) return true;
  for (let at = path.indexOf('/.'); at >= 0; at = path.indexOf('/.', at + 1)) {
    let next = at + 2;
    if (path[next] === '.') next++;
    const after = path[next];
    // An upstream that decodes before it cuts parameters off reads `..%3B` as `..;`.
    if (after === undefined || after === '/' || after === ';' || path.startsWith('%3B', next)) return true;
  }
  return false;
}

function isUtf8(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
