/** Whether the value of an `Origin` field is allowed. The whole value counts, to the letter. */
export type OriginMatch = (origin: string) => boolean;

/**
 * A serialised origin as browsers send it: scheme, host, port. Schemes of apps (`capacitor://localhost`) are origins too.
 * No user, no path; a leading `*.` and a port `*` make it a pattern.
 */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/(\*\.)?([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(\*|[0-9]{1,5}))?$/;
/** What a star may stand for: whole labels. The classes share no character, so it is read in one go. */
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const PORT = /^:[1-9][0-9]{0,4}$/;

/** Everybody, pages without an origin included. */
export const ANY_ORIGIN = '*';
/** What browsers send for pages that have no origin of their own: files, sandboxes, some redirects. */
const NO_ORIGIN = 'null';

/** Makes one match of exact origins and patterns. Each is compared with the whole value: nothing is searched for. */
export function originMatch(origins: readonly string[]): OriginMatch {
  const exact = new Set(origins.filter((origin) => !isPattern(origin)));
  const patterns = origins.filter(isPattern).map(patternMatch);
  if (patterns.length === 0) return (origin) => exact.has(origin);
  return (origin) => exact.has(origin) || patterns.some((matches) => matches(origin));
}

/** What is wrong with an origin as written, and how to mend it; `undefined` when it is sound. */
export function originProblem(origin: unknown): string | undefined {
  if (origin === ANY_ORIGIN || origin === NO_ORIGIN) return undefined;
  const shown = JSON.stringify(origin) ?? String(origin);
  if (origin instanceof RegExp) {
    return `${origin} is a regular expression; must be an origin or a pattern such as https://*.app.example.`;
  }
  const parts = typeof origin === 'string' ? ORIGIN.exec(origin) : null;
  if (parts === null) {
    return `${shown} must be an origin as browsers send it: scheme://host or scheme://host:port, in small letters, without a path; a star only as "*." in front of the host, or as the port.`;
  }
  const [, scheme = '', star, host = '', port] = parts;
  if (star !== undefined && !isName(host)) {
    return `${shown} is too wide: behind "*." must stand a name of two parts at least, or localhost.`;
  }
  return scheme === 'http' || scheme === 'https'
    ? webProblem(shown, `${scheme}://${host}`, port === '*' ? undefined : port)
    : undefined;
}

/** A browser writes the shortest form: what is written longer would never match. */
function webProblem(shown: string, base: string, port: string | undefined): string | undefined {
  const written = port === undefined ? base : `${base}:${port}`;
  const sent = URL.canParse(written) ? new URL(written).origin : undefined;
  if (sent === written) return undefined;
  if (sent === undefined) return `${shown} is no origin that a browser could send.`;
  return `${shown} is sent by browsers as ${sent}; write it so.`;
}

function isName(host: string): boolean {
  return host === 'localhost' || (LABELS.test(host) && host.includes('.') && !/\.[0-9]+$/.test(host));
}

const isPattern = (origin: string): boolean => origin !== ANY_ORIGIN && origin.includes('*');

/** Cuts the fixed parts off both ends; what is left must be what the stars may stand for, and nothing else. */
function patternMatch(pattern: string): OriginMatch {
  const [, scheme, star, host, port] = ORIGIN.exec(pattern) as unknown as string[];
  const head = star === undefined ? `${scheme}://${host}` : `${scheme}://`;
  const tail = star === undefined ? '' : `.${host}`;
  const fixedPort = port === undefined || port === '*' ? (port ?? '') : `:${port}`;
  return (origin) => {
    if (!origin.startsWith(head)) return false;
    const colon = fixedPort === '*' ? portAt(origin, head.length) : origin.length - fixedPort.length;
    if (fixedPort === '*') {
      if (colon < origin.length && !PORT.test(origin.slice(colon))) return false;
    } else if (!origin.endsWith(fixedPort)) return false;
    const middle = origin.slice(head.length, colon);
    if (tail === '') return middle === '';
    return middle.endsWith(tail) && LABELS.test(middle.slice(0, -tail.length));
  };
}

/** Where the port begins, with its colon; the end where there is none. */
function portAt(origin: string, from: number): number {
  const colon = origin.indexOf(':', from);
  return colon < 0 ? origin.length : colon;
}
