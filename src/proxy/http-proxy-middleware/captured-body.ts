import type { GatewayError } from '../../contracts/gateway-error.js';
import type { BodyFlow, BodySink, ResponseBody } from '../../contracts/upstream-response.js';

/** A rest up to this size is read away to keep the connection. */
const DISCARD_LIMIT_BYTES = 64 * 1024;

interface HeldChunk {
  readonly chunk: Buffer;
  readonly taken: () => void;
}

/** Hands what is written to a captured response on to a sink, one chunk at a time, as fast as the sink takes them. */
export class CapturedBody implements ResponseBody {
  readonly whole = undefined;
  #sink: BodySink | undefined;
  /** A chunk that came before there was a sink. */
  #held: HeldChunk | undefined;
  /** Set while the sink takes nothing: goes on with the next chunk. */
  #blocked: (() => void) | undefined;
  #ended = false;
  #failure: GatewayError | undefined;

  /** @param giveUp closes the upstream's connection */
  constructor(
    readonly length: number | undefined,
    private readonly giveUp: () => void,
  ) {}

  /** Whether bytes wait for the sink, so that silence is not the upstream's. */
  get waiting(): boolean {
    return this.#held !== undefined || this.#blocked !== undefined;
  }

  /** @param taken called when the next chunk may come */
  write(chunk: Buffer, taken: () => void): void {
    if (this.#sink === undefined) this.#held = { chunk, taken };
    else if (this.#sink.write(chunk)) taken();
    else this.#blocked = taken;
  }

  end(): void {
    this.#ended = true;
    this.#sink?.end();
  }

  fail(error: GatewayError): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#failure = error;
    this.#held = undefined;
    this.#blocked = undefined;
    this.#sink?.fail(error);
  }

  pipe(sink: BodySink): BodyFlow {
    this.#sink = sink;
    if (this.#failure !== undefined) sink.fail(this.#failure);
    else if (this.#ended) sink.end();
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.write(held.chunk, held.taken);
    return { resume: this.#resume, cancel: this.#cancel };
  }

  discard(): void {
    if (this.length !== undefined && this.length > DISCARD_LIMIT_BYTES) {
      this.#cancel();
      return;
    }
    let left = DISCARD_LIMIT_BYTES;
    const swallow = (chunk: Buffer): boolean => {
      left -= chunk.length;
      if (left < 0) this.#cancel();
      return true;
    };
    this.pipe({ write: swallow, end() {}, fail() {} });
  }

  readonly #resume = (): void => {
    const next = this.#blocked;
    this.#blocked = undefined;
    next?.();
  };

  readonly #cancel = (): void => {
    if (this.#ended) return;
    // Whoever cancels is told nothing more.
    this.#sink = SILENT;
    this.giveUp();
  };
}

const SILENT: BodySink = { write: () => true, end() {}, fail() {} };
