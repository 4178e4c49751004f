import { GatewayError } from '../../contracts/gateway-error.js';
import type { StreamedBody } from '../../contracts/upstream-request.js';
import type { Upload, UploadOwner } from './upload.js';

/** Sends a body as the client sends it, at the pace the upstream reads it and no longer than it was declared. */
export abstract class ClientUpload implements Upload {
  blocked = false;
  #sent = 0;
  #over = false;

  constructor(
    protected readonly body: StreamedBody,
    private readonly owner: UploadOwner,
  ) {}

  /** Sends a piece that is not empty. Answers whether the upstream takes more for now. */
  protected abstract write(chunk: Buffer): boolean;

  /** Tells the upstream that the body is complete. */
  protected abstract end(): void;

  protected listen(): void {
    const { stream } = this.body;
    stream.on('error', this.#failed);
    stream.on('close', this.#closed);
    if (stream.readableEnded) this.#ended();
    else if (stream.destroyed) this.#closed();
    else {
      stream.on('end', this.#ended);
      stream.on('data', this.#chunk);
      // Another listener may have paused it before; a stream that was told to pause does not flow by itself.
      stream.resume();
    }
  }

  drained(): void {
    if (!this.blocked || this.#over) return;
    this.blocked = false;
    this.owner.bodyMoved();
    this.body.stream.resume();
  }

  abandon(): void {
    if (this.#over) return;
    this.#finish();
    // The rest flows into nothing: an unread body would block the client's connection for the requests after it.
    if (!this.body.stream.destroyed) this.body.stream.resume();
  }

  #finish(): void {
    const { stream } = this.body;
    this.#over = true;
    stream.off('data', this.#chunk);
    stream.off('end', this.#ended);
    stream.off('close', this.#closed);
    // The error listener stays: a client that breaks off later must not become an uncaught error.
  }

  readonly #chunk = (chunk: Buffer): void => {
    const { length, stream } = this.body;
    if (chunk.length === 0) return;
    this.#sent += chunk.length;
    // Not one byte more than promised: HTTP/1.1 would read it as the next request.
    if (length !== undefined && this.#sent > length) {
      this.#refuse('The client sent more than its Content-Length.');
      return;
    }
    if (!this.write(chunk)) {
      this.blocked = true;
      stream.pause();
    }
    this.owner.bodyMoved();
  };

  readonly #ended = (): void => {
    const { length } = this.body;
    if (length !== undefined && this.#sent < length) {
      this.#refuse('The client sent less than its Content-Length.');
      return;
    }
    this.#finish();
    this.end();
    this.owner.bodySent();
  };

  readonly #closed = (): void => {
    if (this.#over) return;
    this.#finish();
    this.owner.bodyFailed(new GatewayError('client-closed'));
  };

  readonly #failed = (error: Error): void => {
    if (this.#over) return;
    this.#finish();
    // A stream in front of the client may refuse by our own rules, such as the body limit.
    this.owner.bodyFailed(
      error instanceof GatewayError ? error : new GatewayError('client-closed', { cause: error }),
    );
  };

  #refuse(detail: string): void {
    this.abandon();
    this.owner.bodyFailed(new GatewayError('bad-request', { detail }));
  }
}
