import type { ConnectionRefusal } from '../edge/connection-limits.js';
import type { Http2Abuse } from '../edge/http2/session-guard.js';
import type { ProxyRefusal } from '../edge/proxied-socket.js';
import { WarningPace } from '../edge/warning-pace.js';
import { EVENTS, type EventLog } from '../observability/events.js';

/** Tells the log what peers send that has no effect, at most once a minute for each kind. */
export class EdgeWarnings {
  readonly #forwarding = new WarningPace();
  readonly #proxyHeaders = new WarningPace();
  readonly #http2 = new WarningPace();
  readonly #accepts = new WarningPace();
  readonly #connections = { total: new WarningPace(), address: new WarningPace() };

  constructor(
    private readonly events: Pick<EventLog, 'warn' | 'error'>,
    /** Monotonic, in milliseconds. */
    private readonly now: () => number,
  ) {}

  /** Most often `TRUSTED_PROXIES` was forgotten: every client then seems to be the balancer. */
  readonly forwardingIgnored = (peer: string, header: string): void => {
    if (this.#forwarding.due(this.now())) this.events.warn(EVENTS.forwardingUntrusted, { peer, header });
  };

  /** A balancer that was not told to send PROXY headers loses every connection. */
  readonly proxyHeaderRefused = (peer: string, reason: ProxyRefusal): void => {
    if (this.#proxyHeaders.due(this.now())) this.events.warn(EVENTS.proxyHeaderRefused, { peer, reason });
  };

  /** A connection that made work without end, or broke the protocol. */
  readonly http2Abused = (reason: Http2Abuse, address: string): void => {
    if (this.#http2.due(this.now())) this.events.warn(EVENTS.http2Abused, { reason, address });
  };

  /** The system hands no connections over: descriptors or memory run short. */
  readonly acceptFailing = (code: string, port: number): void => {
    if (this.#accepts.due(this.now())) this.events.error(EVENTS.acceptFailing, { code, port });
  };

  /** A flood, or a limit that is too low; the address is that of the connection that met it. */
  readonly connectionRefused = (reason: ConnectionRefusal, address: string): void => {
    if (this.#connections[reason].due(this.now())) {
      this.events.warn(EVENTS.connectionsRefused, { reason, address });
    }
  };
}
