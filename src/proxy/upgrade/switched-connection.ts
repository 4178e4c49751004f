import type { Socket } from 'node:net';
import type { UpgradedConnection } from '../../contracts/upgrade.js';

/**
 * What every upgraded connection reads into: each read is taken out before the next one starts, on whatever connection,
 * so that ten thousand silent ones hold one buffer.
 */
const MEMORY = Buffer.allocUnsafeSlow(65_536);

/** How long a handler may keep a connection that nobody joins. */
const JOIN_MS = 10_000;

/** A connection to a target that has switched to another protocol. It was in no pool and never comes into one. */
export class SwitchedConnection implements UpgradedConnection {
  #take: ((chunk: Buffer) => void) | undefined;
  #early: Buffer | undefined;
  #unjoined: NodeJS.Timeout | undefined;

  /** @param early what came behind the 101 */
  constructor(
    readonly socket: Socket,
    early: Buffer,
  ) {
    this.#early = early.length === 0 ? undefined : early;
    socket.pause();
    // A tunnel hears the end of each half by itself.
    socket.allowHalfOpen = true;
    this.#unjoined = setTimeout(() => socket.destroy(), JOIN_MS).unref();
  }

  /** Where the next read goes. */
  get memory(): Buffer {
    return MEMORY;
  }

  read(take: (chunk: Buffer) => void): void {
    clearTimeout(this.#unjoined);
    this.#unjoined = undefined;
    const early = this.#early;
    this.#early = undefined;
    this.#take = take;
    if (early !== undefined) take(early);
    this.socket.resume();
  }

  /** Bytes stand in the shared memory. */
  received(length: number): void {
    const chunk = Buffer.allocUnsafe(length);
    MEMORY.copy(chunk, 0, 0, length);
    if (this.#take !== undefined) this.#take(chunk);
    // One read may have been under way when the connection was paused.
    else this.#early = this.#early === undefined ? chunk : Buffer.concat([this.#early, chunk]);
  }
}
