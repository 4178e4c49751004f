const SLASH = 0x2f;
const DOT = 0x2e;

/** `.` or `..`, also in front of parameters, which some upstreams cut off before they resolve dots; escaped or not. */
const DOT_SEGMENT = /^\.{1,2}(?:(?:;|%3B)[^/]*)?(?:\/|$)/;

/**
 * Joins a service's path with what is left of a request's, as Kong does by default (`path_handling` v0).
 *
 * It never starts with `//`, and holds no dot segment that was none before: of `/route../x` the prefix `/route` leaves
 * `../x`, which becomes `x`.
 *
 * @param servicePath starts with `/`; `undefined` is `/`
 * @param matched the part of the path that the route's prefix or regex matched; `undefined` for a route without paths
 * @param path canonical
 */
export function upstreamPath(
  servicePath: string | undefined,
  matched: string | undefined,
  path: string,
  stripPath: boolean,
): string {
  const base = servicePath === undefined ? '/' : oneSlash(servicePath);
  const open = base.endsWith('/') ? base.slice(0, -1) : base;
  if (!stripPath) return path === '/' && open === base ? base : open + path;

  const rest = withoutDots(path.slice(matched?.length ?? 1));
  if (rest !== '') return rest.charCodeAt(0) === SLASH ? open + rest : `${open}/${rest}`;
  // A slash at the end of the request is kept, unless it is all there is and the service's path has none.
  if (path.endsWith('/') && (path !== '/' || open !== base)) return `${open}/`;
  return open === '' ? '/' : open;
}

/** To an upstream that resolves it, `//host` is another server. */
function oneSlash(path: string): string {
  return path.charCodeAt(1) === SLASH ? path.replace(/^\/+/, '/') : path;
}

/** Only the first segment can be new: it is what the cut left of one. All others are the canonical path's own. */
function withoutDots(rest: string): string {
  return rest.charCodeAt(0) === DOT ? rest.replace(DOT_SEGMENT, '') : rest;
}
