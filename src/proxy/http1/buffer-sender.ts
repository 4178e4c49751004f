import type { Socket } from 'node:net';
import type { UploadOwner } from '../request/upload.js';
import type { RequestSender } from './request-sender.js';

/** One write at a time, so that each drained slice shows the idle clock that the upstream is reading. */
const SLICE_BYTES = 262_144;

/** Sends a large body from memory, without a copy. */
export class BufferSender implements RequestSender {
  blocked = false;
  #offset = 0;
  #abandoned = false;

  constructor(
    private readonly socket: Socket,
    private readonly body: Buffer,
    private readonly owner: UploadOwner,
  ) {}

  start(head: string): void {
    this.socket.cork();
    this.socket.write(head, 'latin1');
    this.#send();
    this.socket.uncork();
  }

  drained(): void {
    this.blocked = false;
    if (!this.#abandoned) this.#send();
  }

  abandon(): void {
    this.#abandoned = true;
  }

  #send(): void {
    while (this.#offset < this.body.length) {
      const slice = this.body.subarray(this.#offset, this.#offset + SLICE_BYTES);
      this.#offset += slice.length;
      this.owner.bodyMoved();
      if (!this.socket.write(slice)) {
        this.blocked = true;
        return;
      }
    }
    this.owner.bodySent();
  }
}
