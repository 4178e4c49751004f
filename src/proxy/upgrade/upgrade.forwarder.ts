import type { Cancellation } from '../../contracts/cancellation.js';
import { systemClock } from '../../contracts/clock.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { Attempt } from '../http1/attempt.js';
import type { Connect } from '../http1/connect.js';
import type { ResponseLimits } from '../http1/response-limits.js';
import { Sweep } from '../http1/sweep.js';
import { type ConnectionOwner, UpstreamConnection } from '../http1/upstream-connection.js';

export interface UpgradeForwarderOptions {
  readonly limits: ResponseLimits;
  /** Puts a handshake into its attempt, and says what makes its connection. */
  readonly prepare: (attempt: Attempt) => Connect;
}

/** For handshakes that are written to the connection as they are. */
export const framedFor =
  (connect: Connect) =>
  (attempt: Attempt): Connect => {
    attempt.frame(undefined);
    return connect;
  };

/**
 * Carries WebSocket handshakes, each on a connection of its own. A 101 becomes a tunnel; any other answer passes like an
 * answer to any request, and its connection closes behind it.
 */
export class UpgradeForwarder implements Forwarder, ConnectionOwner {
  readonly #connections = new Set<UpstreamConnection>();
  readonly #sweep = new Sweep(() => this.#sweepConnections());

  constructor(private readonly options: UpgradeForwarderOptions) {}

  forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      if (cancellation.reason !== undefined) {
        reject(cancellation.reason);
        return;
      }
      const attempt = new Attempt(request, timeouts, cancellation, trace, resolve, reject);
      this.#dial(attempt, target, this.options.prepare(attempt));
    });
  }

  /** An answer that was no 101 is complete. */
  released(connection: UpstreamConnection): void {
    connection.retire();
  }

  /** Also when it has switched: it is the tunnel's from then on. */
  closed(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
  }

  distrustIdle(): void {}

  /** Handshakes under way end by themselves, and tunnels belong to whoever joined them. */
  close(): void {}

  #dial(attempt: Attempt, target: Target, connect: Connect): void {
    const { limits } = this.options;
    let connection: UpstreamConnection;
    try {
      connection = new UpstreamConnection(target, this, { limits, connect, clock: systemClock });
    } catch (cause) {
      attempt.reject(new GatewayError('upstream-unreachable', { cause }));
      return;
    }
    this.#connections.add(connection);
    this.#sweep.ensureRunning();
    connection.carry(attempt);
  }

  #sweepConnections(): boolean {
    const now = systemClock.monotonic();
    for (const connection of this.#connections) connection.sweep(now);
    return this.#connections.size > 0;
  }
}
