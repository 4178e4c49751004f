import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { show } from '../../contracts/option-check.js';

/**
 * Which pages of browsers may open a WebSocket: those of the host they ask, those of any, or those of a list. An entry is
 * an origin as browsers write it, `https://app.example`, or `https://*.app.example` for every name below.
 */
export type WebSocketOrigins = 'same-host' | 'any' | readonly string[];

/** Whether a page of that origin may. */
export type OriginRule = (origin: string, exchange: Exchange) => boolean;

/** RFC 6454, section 6.2, with a `*.` in front of names. Browsers write all of it in lower case, and no port that is the scheme's own. */
const ENTRY =
  /^([a-z][a-z0-9+.-]*):\/\/(\*\.)?((?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?$/;
const NAMES_BELOW = /^(?:[a-z0-9_-]+\.)+$/;
const OWN_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** What is wrong with the option, each entry by itself. */
export function originProblems(origins: unknown): string[] {
  if (origins === undefined || origins === 'same-host' || origins === 'any') return [];
  if (!Array.isArray(origins) || origins.length === 0) {
    return [
      `origins is ${show(origins)}; must be 'same-host', 'any' or a list of origins such as 'https://app.example'.`,
    ];
  }
  return origins.flatMap((entry: unknown, i) => {
    const wanted = entryProblem(entry);
    return wanted === undefined ? [] : [`origins[${i}] is ${show(entry)}; ${wanted}.`];
  });
}

function entryProblem(entry: unknown): string | undefined {
  if (entry === 'null') return "any page can send that one; name the origin, or say 'any' instead of a list";
  const match = typeof entry === 'string' ? ENTRY.exec(entry) : null;
  if (match === null) {
    return "must be a scheme and a host in lower case, and a port where there is one, such as 'https://app.example' or 'https://*.app.example'";
  }
  const [, scheme = '', wildcard, host = '', port] = match;
  if (port !== undefined && OWN_PORTS[scheme] === port) return `leave out :${port}, as browsers do`;
  if (scheme === 'ws' || scheme === 'wss')
    return `a page has no ${scheme}: origin; write http${scheme.slice(2)}:`;
  if (wildcard !== undefined && (!host.includes('.') || host.startsWith('['))) {
    return 'a wildcard needs two names behind it, such as *.app.example';
  }
  return undefined;
}

/** The rule that an option means; `undefined` where none applies. */
export function originRule(origins: WebSocketOrigins): OriginRule | undefined {
  if (origins === 'any') return undefined;
  if (origins === 'same-host') return isOfTheSameHost;
  const exact = new Set(origins.filter((entry) => !entry.includes('*')));
  const wild = origins
    .filter((entry) => entry.includes('*'))
    .map((entry) => entry.split('*') as [start: string, end: string]);
  return (origin) =>
    exact.has(origin) ||
    wild.some(
      ([start, end]) =>
        origin.length > start.length + end.length &&
        origin.startsWith(start) &&
        origin.endsWith(end) &&
        NAMES_BELOW.test(`${origin.slice(start.length, origin.length - end.length)}.`),
    );
}

/**
 * Refuses a handshake that a page of another origin makes (RFC 6455, section 10.2). Without `Origin` no browser sent it,
 * and nobody's cookies came along unasked.
 *
 * @throws GatewayError `forbidden`, or `bad-request` for two origins
 */
export function checkOrigin(exchange: Exchange, allows: OriginRule): void {
  const { rawHeaders } = exchange.req;
  let origin: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() !== 'origin') continue;
    if (origin !== undefined) {
      throw new GatewayError('bad-request', { detail: 'Origin was sent twice.', policy: 'websocket' });
    }
    origin = rawHeaders[i + 1] as string;
  }
  if (origin === undefined || allows(origin, exchange)) return;
  throw new GatewayError('forbidden', {
    detail: 'Pages of this origin may open no WebSocket here.',
    policy: 'websocket',
  });
}

/**
 * Host and port decide. The scheme does not: where TLS ends in front of the gateway, it is not known for sure which one
 * the page used.
 */
function isOfTheSameHost(origin: string, { req, forwarded }: Exchange): boolean {
  const match = ENTRY.exec(origin);
  const host = forwarded?.host ?? req.headers.host;
  if (match === null || match[2] !== undefined || typeof host !== 'string') return false;
  const [, scheme = '', , name, port] = match;
  const own = OWN_PORTS[scheme];
  const asked = host.toLowerCase();
  const bare = own !== undefined && asked.endsWith(`:${own}`) ? asked.slice(0, -own.length - 1) : asked;
  return bare === (port === undefined || port === own ? name : `${name}:${port}`);
}
