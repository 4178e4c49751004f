import type { Socket } from 'node:net';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { TunnelTerms, UpgradedConnection } from '../../contracts/upgrade.js';
import type { ClientEnd } from './client-end.js';
import { TunnelFlow } from './tunnel-flow.js';

const TUNNEL = Symbol('portcullis.tunnel');

type End = Socket & { [TUNNEL]?: Tunnel | undefined };

/** RFC 6455, section 7.4.1: an endpoint is going away. */
export const GOING_AWAY = 1001;
/** How long both sides have to answer a Close frame and hang up. */
export const CLOSE_GRACE_MS = 2_000;
/** How long one side may be silent when the other has hung up. */
const HALF_CLOSED_MS = 10_000;

/** Who keeps the tunnels. */
export interface TunnelOwner {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Both connections have closed. */
  over(tunnel: Tunnel, error: GatewayError | undefined): void;
}

/**
 * A client's and an upstream's connection joined: bytes pass unchanged, in both directions, at the receiver's pace.
 *
 * It has no timer and no clock: a sweep calls {@link look} now and then.
 */
export class Tunnel {
  readonly #client: End;
  readonly #upstream: End;
  readonly #up: TunnelFlow;
  readonly #down: TunnelFlow;
  /** The code it is being closed with; 0 while it is open. */
  #code = 0;
  #cutAtMs = Number.POSITIVE_INFINITY;
  #moved = true;
  #silentSinceMs = 0;
  #halfClosed = false;
  #ends = 2;
  #error: GatewayError | undefined;

  constructor(
    readonly exchange: Exchange,
    readonly terms: TunnelTerms,
    client: ClientEnd,
    upstream: UpgradedConnection,
    private readonly owner: TunnelOwner,
  ) {
    const { maxMessageBytes } = terms;
    this.#client = client.socket;
    this.#upstream = upstream.socket;
    this.#up = new TunnelFlow(this.#client, this.#upstream, true, maxMessageBytes);
    this.#down = new TunnelFlow(this.#upstream, this.#client, false, maxMessageBytes);
    for (const end of [this.#client, this.#upstream]) {
      end[TUNNEL] = this;
      // The same functions for all tunnels: closures would cost each of them half a kilobyte.
      end.on('end', ended).on('error', failed).on('close', closed).on('drain', drained);
    }
  }

  /** Bytes flow, those that came early first. */
  start(client: ClientEnd, upstream: UpgradedConnection): void {
    client.read(fromClient);
    upstream.read((chunk) => this.#fromUpstream(chunk));
    // One of them may have closed while nobody listened.
    for (const end of [this.#client, this.#upstream]) if (end.closed) this.closed(end);
  }

  /** Closes both ends with a Close frame, each as soon as the frame under way has ended, and cuts what is left. */
  close(code: number): void {
    if (this.#code !== 0) return;
    this.#code = code;
    this.#cutAtMs = this.owner.now() + CLOSE_GRACE_MS;
    this.#down.seal(code);
    this.#up.seal(code);
  }

  /** Acts on the clocks that have run out. */
  look(nowMs: number): void {
    if (nowMs >= this.#cutAtMs) {
      this.cut();
      return;
    }
    if (this.#moved) {
      this.#moved = false;
      this.#silentSinceMs = nowMs;
      return;
    }
    const { idleMs } = this.terms;
    const silentMs = nowMs - this.#silentSinceMs;
    if (this.#halfClosed && silentMs >= HALF_CLOSED_MS) this.cut();
    else if (idleMs > 0 && silentMs >= idleMs) this.close(GOING_AWAY);
  }

  /** Ends both connections at once. */
  cut(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  // ── What the ends tell ──

  fromClient(chunk: Buffer): void {
    this.exchange.bytesIn += chunk.length;
    this.#pass(this.#up, chunk);
    // RFC 6455, section 7.1.1: the server closes first, behind the answer to its Close frame.
    if (this.#up.reader.closed && this.#code !== 0 && this.#down.sealed) this.#client.end();
  }

  #fromUpstream(chunk: Buffer): void {
    this.exchange.bytesOut += chunk.length;
    this.#pass(this.#down, chunk);
  }

  #pass(flow: TunnelFlow, chunk: Buffer): void {
    this.#moved = true;
    flow.pass(chunk);
    if (this.#code !== 0) flow.seal(this.#code);
    // A message is longer than the route allows: both sides hear so.
    else if (flow.reader.refusal !== 0) this.close(flow.reader.refusal);
  }

  #flowFrom(end: End): TunnelFlow {
    return end === this.#client ? this.#up : this.#down;
  }

  ended(end: End): void {
    this.#halfClosed = true;
    this.#moved = true;
    this.#flowFrom(end).end();
  }

  drained(end: End): void {
    (end === this.#upstream ? this.#up : this.#down).drained();
  }

  failed(end: End, cause: Error): void {
    if (end === this.#client || this.#code !== 0) return;
    this.#error ??= new GatewayError('upstream-reset', { upstream: this.exchange.upstream as string, cause });
  }

  closed(end: End): void {
    if (end[TUNNEL] === undefined) return;
    end[TUNNEL] = undefined;
    this.#ends--;
    if (this.#ends === 0) {
      this.owner.over(this, this.#error);
      return;
    }
    this.#halfClosed = true;
    this.#moved = true;
    // What was on its way to the other side still arrives there, if it reads.
    (end === this.#client ? this.#upstream : this.#client).destroySoon();
  }
}

function fromClient(this: Socket, chunk: Buffer): void {
  (this as End)[TUNNEL]?.fromClient(chunk);
}

function ended(this: Socket): void {
  (this as End)[TUNNEL]?.ended(this);
}

function failed(this: Socket, cause: Error): void {
  (this as End)[TUNNEL]?.failed(this, cause);
}

function closed(this: Socket): void {
  (this as End)[TUNNEL]?.closed(this);
}

function drained(this: Socket): void {
  (this as End)[TUNNEL]?.drained(this);
}
