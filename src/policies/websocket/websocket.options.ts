import {
  checkedElsewhere,
  checkOptions,
  trueOrFalse,
  wholeNumber,
  withDefaults,
} from '../../contracts/option-check.js';
import { originProblems, type WebSocketOrigins } from './websocket.origins.js';

/** What a route grants to WebSockets; every part is optional. */
export interface WebSocketOptions {
  /** The longest silence, in both directions together, before a connection is closed with 1001; 0 is no limit. Default 3600000. */
  readonly idleMs?: number;
  /** Connections of the route at the same time, in this process; further handshakes are answered 503. Default 0, no limit. */
  readonly maxConnections?: number;
  /**
   * Connections of one caller at the same time, by the subject of its credential, else by its address; further
   * handshakes are answered 429. Default 0, no limit.
   */
  readonly maxConnectionsPerPrincipal?: number;
  /**
   * Longest message, either way, as it stands on the wire: compressed where it is compressed. A longer one, or one of
   * more than 4096 fragments, closes the connection with 1009. Default 0, no limit.
   */
  readonly maxMessageBytes?: number;
  /** Answer requests that are no handshake with 426. Default false: they are served as on any route. */
  readonly only?: boolean;
  /**
   * Which pages of browsers may open one, by the `Origin` they send; another page's handshake is answered 403. A list
   * such as `['https://app.example', 'https://*.app.example']`, `'any'`, or `'same-host'`: pages of the host and port
   * that the handshake asks for. Clients that send no `Origin` are no browsers and pass. Default `'same-host'`.
   */
  readonly origins?: WebSocketOrigins;
}

export const WEBSOCKET_DEFAULTS: Readonly<Required<WebSocketOptions>> = Object.freeze({
  idleMs: 3_600_000,
  maxConnections: 0,
  maxConnectionsPerPrincipal: 0,
  maxMessageBytes: 0,
  only: false,
  origins: 'same-host',
});

const WEEK_MS = 604_800_000;
const connections = wholeNumber(0, 10_000_000);

/** Everything wrong with a declaration, in plain words. */
export function webSocketProblems(options: WebSocketOptions): string[] {
  const problems = checkOptions<WebSocketOptions>('', '', options, {
    idleMs: wholeNumber(0, WEEK_MS),
    maxConnections: connections,
    maxConnectionsPerPrincipal: connections,
    maxMessageBytes: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    only: trueOrFalse,
    origins: checkedElsewhere,
  });
  return [...problems.map(({ message }) => message), ...originProblems(options?.origins)];
}

export const resolveWebSocket = (given: WebSocketOptions): Readonly<Required<WebSocketOptions>> =>
  withDefaults(WEBSOCKET_DEFAULTS, given);
