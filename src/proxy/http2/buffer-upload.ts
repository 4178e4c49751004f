import type { ClientHttp2Stream } from 'node:http2';
import type { Upload, UploadOwner } from '../request/upload.js';

/** One write at a time, so that each drained slice shows the idle clock that the upstream is reading. */
const SLICE_BYTES = 65_536;

/** Sends a body from memory, without a copy. */
export class BufferUpload implements Upload {
  blocked = false;
  #offset = 0;
  #over = false;

  constructor(
    private readonly stream: ClientHttp2Stream,
    private readonly body: Buffer,
    private readonly owner: UploadOwner,
  ) {}

  start(): void {
    this.#send();
  }

  drained(): void {
    if (this.#over) return;
    this.blocked = false;
    this.owner.bodyMoved();
    this.#send();
  }

  abandon(): void {
    this.#over = true;
  }

  #send(): void {
    for (;;) {
      const from = this.#offset;
      const slice = this.body.subarray(from, from + SLICE_BYTES);
      this.#offset = from + slice.length;
      if (this.#offset >= this.body.length) {
        this.#over = true;
        this.stream.end(slice);
        this.owner.bodySent();
        return;
      }
      if (!this.stream.write(slice)) {
        this.blocked = true;
        return;
      }
    }
  }
}
