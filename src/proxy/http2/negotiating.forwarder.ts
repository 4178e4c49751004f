import type { Cancellation } from '../../contracts/cancellation.js';
import { type Clock, systemClock } from '../../contracts/clock.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PoolStatus } from '../../contracts/upstream-status.js';
import { Http2Declined } from './http2-declined.js';

/** How long a target that chose HTTP/1.1 is taken at its word. */
const DECLINED_FOR_MS = 60_000;

/** Carries each request over what its target chooses by ALPN; HTTP/1.1 where there is no TLS to choose in. */
export class NegotiatingForwarder implements Forwarder {
  readonly #declinedUntil = new Map<string, number>();

  constructor(
    private readonly http1: Forwarder,
    private readonly http2: Forwarder,
    private readonly clock: Clock = systemClock,
  ) {}

  forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    if (!target.tls || this.#declines(target)) {
      return this.http1.forward(request, target, timeouts, cancellation, trace);
    }
    return this.http2.forward(request, target, timeouts, cancellation, trace).catch((error: unknown) => {
      if (!(error instanceof GatewayError && error.cause instanceof Http2Declined)) throw error;
      this.#declinedUntil.set(target.id, this.clock.monotonic() + DECLINED_FOR_MS);
      // Nothing of the request was sent: the connection had only just come to stand.
      return this.http1.forward(request, target, timeouts, cancellation, trace);
    });
  }

  /** Of both protocols together. */
  stats(): ReadonlyMap<string, PoolStatus> {
    const stats = new Map(this.http1.stats?.());
    for (const [id, { busy, idle, waiting, streams }] of this.http2.stats?.() ?? []) {
      const other = stats.get(id) ?? { busy: 0, idle: 0, waiting: 0 };
      // On a connection of HTTP/1.1 there is one request.
      stats.set(id, {
        streams: (streams ?? 0) + other.busy,
        busy: busy + other.busy,
        idle: idle + other.idle,
        waiting: waiting + other.waiting,
      });
    }
    return stats;
  }

  close(): void {
    this.http1.close();
    this.http2.close();
  }

  #declines(target: Target): boolean {
    const until = this.#declinedUntil.get(target.id);
    if (until === undefined) return false;
    if (this.clock.monotonic() < until) return true;
    this.#declinedUntil.delete(target.id);
    return false;
  }
}
