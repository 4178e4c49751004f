/** A declared route: methods (`ALL` or names), and a path of literals, `:name` and at most one `*name` at its end. */
export interface PlainRoute {
  readonly methods: readonly string[];
  readonly path: string;
}

export interface PlainMatch {
  /** Which of the routes. */
  readonly index: number;
  /** Decoded values in the order their names stand in the path. */
  readonly params: readonly string[];
}

/** The first of these routes, in their order, that takes the request: each is tried, segment by segment. */
export function plainMatch(
  routes: readonly PlainRoute[],
  method: string,
  path: string,
): PlainMatch | undefined {
  for (const [index, route] of routes.entries()) {
    const params = plainParams(route.path, path);
    if (params !== undefined && plainTakes(route.methods, method)) return { index, params };
  }
  return undefined;
}

/** What `Allow` names: the methods of every route that has the path, HEAD beside GET, and OPTIONS beside any. */
export function plainAllowed(routes: readonly PlainRoute[], path: string): string[] {
  const having = routes.filter((route) => plainParams(route.path, path) !== undefined);
  const named = having.flatMap(({ methods }) => methods).filter((method) => method !== 'ALL');
  const allowed = new Set(named);
  if (named.includes('GET')) allowed.add('HEAD');
  if (named.length > 0) allowed.add('OPTIONS');
  return [...allowed].sort();
}

/** RFC 9110, section 9.3.2: who answers GET answers HEAD. */
function plainTakes(methods: readonly string[], method: string): boolean {
  if (methods.includes('ALL') || methods.includes(method)) return true;
  return method === 'HEAD' && methods.includes('GET');
}

/** The values of the parameters, or `undefined` when the path does not fit. Case counts; one slash at the end does not. */
function plainParams(pattern: string, path: string): string[] | undefined {
  const wanted = segmentsOf(pattern);
  const given = segmentsOf(path);
  const params: string[] = [];
  for (const [i, segment] of wanted.entries()) {
    if (segment.startsWith('*')) {
      // At least one segment; what the path ends with belongs to it, a slash included.
      if (given.length <= i) return undefined;
      const rest = given.slice(i).join('/') + (path.endsWith('/') ? '/' : '');
      return [...params, decodeURIComponent(rest)];
    }
    const value = given[i];
    if (value === undefined) return undefined;
    if (segment.startsWith(':')) params.push(decodeURIComponent(value));
    else if (segment !== value) return undefined;
  }
  return given.length === wanted.length ? params : undefined;
}

function segmentsOf(path: string): string[] {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  return segments;
}
