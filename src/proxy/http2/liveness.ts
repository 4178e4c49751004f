import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../contracts/clock.js';

/** With requests under way, this long a silence is answered with a PING. */
const SILENCE_MS = 30_000;
/** While it lasts, PINGs come no oftener: gRPC servers hang up on a client that asks more often. */
const PING_AGAIN_MS = 300_000;
/** No answer to a PING within this time: nobody is there. */
const PING_ACK_MS = 5_000;

/** Watches whether anybody is still there at the other end of a session. */
export class Liveness {
  #suspect = false;
  #heardBytes = 0;
  /** When something was heard last, or the session left its rest. */
  #heardAt: number;
  /** When a PING was sent into the silence that lasts. */
  #pingedAt = Number.NEGATIVE_INFINITY;
  /** When the answer to a PING is overdue; `Infinity` while none is awaited. */
  #ackBy = Number.POSITIVE_INFINITY;

  constructor(
    private readonly session: ClientHttp2Session,
    private readonly socket: Socket,
    private readonly clock: Clock,
    /** A PING was answered. */
    private readonly alive: () => void,
  ) {
    this.#heardAt = clock.monotonic();
  }

  /** A request waited in vain: nothing more is to be sent until a PING was answered. */
  get suspect(): boolean {
    return this.#suspect;
  }

  doubt(): void {
    if (this.#suspect) return;
    this.#suspect = true;
    this.#ping();
  }

  /** The session leaves its rest, in which silence meant nothing. */
  woken(): void {
    this.#heardAt = this.clock.monotonic();
  }

  /** Whether the answer to a PING is overdue. */
  isLost(now: number): boolean {
    return now >= this.#ackBy;
  }

  /** Asks who was silent for long although requests are under way. */
  listen(now: number): void {
    const heard = this.socket.bytesRead;
    if (heard !== this.#heardBytes) {
      this.#heardBytes = heard;
      this.#heardAt = now;
      this.#pingedAt = Number.NEGATIVE_INFINITY;
    } else if (now >= this.#heardAt + SILENCE_MS && now >= this.#pingedAt + PING_AGAIN_MS) {
      this.#pingedAt = now;
      this.#ping();
    }
  }

  #ping(): void {
    if (this.#ackBy !== Number.POSITIVE_INFINITY) return;
    this.#ackBy = this.clock.monotonic() + PING_ACK_MS;
    this.session.ping((error) => {
      if (error !== null) return;
      this.#ackBy = Number.POSITIVE_INFINITY;
      this.#suspect = false;
      this.alive();
    });
  }
}
