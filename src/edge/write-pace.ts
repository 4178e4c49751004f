import type { DownstreamLine } from '../contracts/downstream.js';

/** What libuv knows of a connection's writes. Not public in Node; without it a single large write shows no progress. */
interface WriteCounts {
  /** Bytes handed to the handle, whether they have left or not. */
  readonly bytesWritten?: number;
  /** Those of them that the kernel has not taken. */
  readonly writeQueueSize?: number;
  /** Of TLS: the handle that its records go to. TLS itself shows a large write only when all of it is gone. */
  readonly _parent?: WriteCounts | null;
}

/**
 * Watches whether a client takes any of the bytes that wait for it. The kernel takes more of them only as the client
 * acknowledges what it has, so a client with a closed window shows as one that takes nothing.
 */
export class WritePace {
  #takenBytes: number;
  #sinceMs: number;

  constructor(
    readonly socket: DownstreamLine,
    nowMs: number,
  ) {
    this.#takenBytes = takenBytes(socket);
    this.#sinceMs = nowMs;
  }

  /** Whether nothing was taken for so long. */
  isStuck(nowMs: number, timeoutMs: number): boolean {
    const taken = takenBytes(this.socket);
    if (taken !== this.#takenBytes) {
      this.#takenBytes = taken;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs >= timeoutMs;
  }
}

function takenBytes(socket: DownstreamLine): number {
  const { _handle: own } = socket as { _handle?: WriteCounts | null };
  const handle = own?._parent ?? own;
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined) {
    return socket.bytesWritten - socket.writableLength;
  }
  return handle.bytesWritten - handle.writeQueueSize;
}
