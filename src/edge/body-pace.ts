import type { Exchange } from '../contracts/exchange.js';
import { holdsBodyBack } from './expect-continue.js';

export interface BodyPaceLimits {
  /** 0 switches it off. */
  readonly bodyMinBytesPerSecond: number;
  /** How long a body may be slower before that counts. */
  readonly bodyGraceMs: number;
}

/**
 * Measures how fast one request body arrives, on average over the time in which the gateway would have read more of it.
 *
 * A body that is held up by a slow upstream or a slow handler fills the buffers in front of it until the connection is
 * paused; that time is not the client's, nor is the time in which it waits for `100 Continue`. The clock has no timer:
 * somebody looks at it now and then, and an interval counts when the connection was read at both its ends.
 */
export class BodyPace {
  #readMs = 0;
  #lookedAtMs: number;
  #wasRead: boolean;

  constructor(
    readonly exchange: Exchange,
    nowMs: number,
  ) {
    this.#lookedAtMs = nowMs;
    this.#wasRead = isRead(exchange);
  }

  isTooSlow(nowMs: number, { bodyMinBytesPerSecond, bodyGraceMs }: BodyPaceLimits): boolean {
    const { exchange } = this;
    const read = isRead(exchange);
    if (read && this.#wasRead) this.#readMs += nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    this.#wasRead = read;
    return this.#readMs > bodyGraceMs && exchange.bytesIn * 1_000 < bodyMinBytesPerSecond * this.#readMs;
  }
}

/** node:http pauses the connection when a body's reader cannot keep up. */
function isRead({ req }: Exchange): boolean {
  return !req.socket.isPaused() && !holdsBodyBack(req);
}
