import type { GatewayError } from '../../contracts/gateway-error.js';
import type { BodyFlow, BodySink, BodyTrailers, ResponseBody } from '../../contracts/upstream-response.js';

/** The connection a body streams from. */
export interface BodySource {
  /** Stops reading from the upstream. */
  pauseBody(): void;
  resumeBody(): void;
  /** Closes the connection; the body is told nothing more. */
  abandonBody(): void;
}

/** Held for a reader that has not come yet; beyond this the upstream waits. */
const PREFETCH_BYTES = 65_536;
/** A rest up to this size is read away to keep the connection; a longer one costs more than a new connection. */
const DISCARD_BYTES = 65_536;

/** A response body that is still arriving. */
export class StreamingBody implements ResponseBody, BodyFlow {
  readonly whole = undefined;
  /** `undefined` once nothing more comes: the connection may serve another request by then. */
  #source: BodySource | undefined;
  #sink: BodySink | undefined = undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #received = 0;
  #blocked = false;
  #discarding = false;
  #failure: GatewayError | undefined = undefined;

  constructor(
    source: BodySource,
    readonly length: number | undefined,
    /** Takes the memory of chunks back. */
    private readonly spent: (chunk: Buffer) => void,
    readonly trailers: BodyTrailers | undefined = undefined,
  ) {
    this.#source = source;
  }

  /** Whether somebody asked for the body. Until then the gateway itself holds it up. */
  get wanted(): boolean {
    return this.#sink !== undefined;
  }

  // What the connection tells.

  push(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#discarding) {
      if (this.#received > DISCARD_BYTES) this.cancel();
      return;
    }
    if (this.#sink !== undefined && !this.#blocked) {
      if (!this.#sink.write(chunk, this.spent)) this.#block();
      return;
    }
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= PREFETCH_BYTES) this.#source?.pauseBody();
  }

  finish(): void {
    this.#source = undefined;
    this.#flush();
  }

  fail(error: GatewayError): void {
    this.#source = undefined;
    this.#failure = error;
    // What still waits would only make the cut look later than it was.
    this.#pending = [];
    this.#sink?.fail(error);
    this.#sink = undefined;
  }

  // What the reader tells.

  pipe(sink: BodySink): BodyFlow {
    if (this.#failure !== undefined) sink.fail(this.#failure);
    else {
      this.#sink = sink;
      this.resume();
    }
    return this;
  }

  resume(): void {
    this.#blocked = false;
    this.#flush();
    if (!this.#blocked) this.#source?.resumeBody();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#pending = [];
    const source = this.#source;
    this.#source = undefined;
    source?.abandonBody();
  }

  discard(): void {
    this.#pending = [];
    if (this.length !== undefined && this.length - this.#received > DISCARD_BYTES) {
      this.cancel();
      return;
    }
    this.#discarding = true;
    this.#received = 0;
    this.#source?.resumeBody();
  }

  #block(): void {
    this.#blocked = true;
    this.#source?.pauseBody();
  }

  #flush(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    while (this.#pending.length > 0 && !this.#blocked) {
      const chunk = this.#pending.shift() as Buffer;
      this.#pendingBytes -= chunk.length;
      if (!sink.write(chunk, this.spent)) this.#block();
    }
    if (this.#pending.length === 0 && this.#source === undefined && this.#sink === sink) {
      this.#sink = undefined;
      sink.end();
    }
  }
}
