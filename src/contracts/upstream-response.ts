import type { GatewayError } from './gateway-error.js';
import { headerValue, type RawHeaders, withHeader, withoutHeader } from './raw-headers.js';

/** Where body bytes go. */
export interface BodySink {
  /**
   * Takes one chunk and owns its memory from then on.
   * `false` asks the source to stop until {@link BodyFlow.resume} is called.
   *
   * @param spent where the source takes the memory back: a sink that has passed the bytes on and needs them no more
   * calls it, so that a long body needs a few buffers and not as many as it has chunks
   */
  write(chunk: Buffer, spent?: (chunk: Buffer) => void): boolean;
  /** The body is complete: every promised byte came. */
  end(): void;
  /** The body ended early; what was written is not the whole. */
  fail(error: GatewayError): void;
}

/** The handle of a body that is flowing. */
export interface BodyFlow {
  /** The sink takes bytes again. */
  resume(): void;
  /** Nobody wants the rest: the source closes its connection. */
  cancel(): void;
}

/** What may follow a body that streams, already without the fields that may not stand there. */
export interface BodyTrailers {
  /** The value for the answer's `Trailer` field; `undefined` when the upstream announced nothing that may pass. */
  readonly announced: string | undefined;
  /** Flat name/value pairs; complete once the sink was told the end. */
  readonly fields: RawHeaders;
}

/** A response body: exactly one of `pipe`, `discard` is called, once. */
export interface ResponseBody {
  /**
   * Bytes to come when the upstream said so (Content-Length), else `undefined`. Where no body can follow (HEAD, 204, 304)
   * it is still what the upstream declared, and `whole` is empty.
   */
  readonly length: number | undefined;
  /** The whole body, when it is in memory already. `pipe` then writes it at once. */
  readonly whole: Buffer | undefined;
  /** Absent unless the request asked for trailers and the body's framing can carry them. */
  readonly trailers?: BodyTrailers | undefined;
  pipe(sink: BodySink): BodyFlow;
  /** Gives the body up: a short rest is read away, a long one costs the connection. */
  discard(): void;
}

/** A body that is in memory. */
export class WholeBody implements ResponseBody {
  readonly length: number;

  constructor(readonly whole: Buffer) {
    this.length = whole.length;
  }

  pipe(sink: BodySink): BodyFlow {
    if (this.whole.length > 0) sink.write(this.whole);
    sink.end();
    return FINISHED;
  }

  discard(): void {}
}

/** The flow of a body that was over before it could be held up. */
export const FINISHED: BodyFlow = { resume() {}, cancel() {} };

export const EMPTY_BODY: ResponseBody = new WholeBody(Buffer.alloc(0));

/**
 * What an upstream answered, as response stages and handlers see it: end-to-end headers only, framing removed.
 *
 * It refuses to be JSON-serialised, so a miswired route answers 500 and never leaks an unfiltered body.
 */
export class UpstreamResponse {
  constructor(
    readonly status: number,
    /** Without hop-by-hop fields, `Content-Length` and `Transfer-Encoding`: the body knows its length. */
    readonly headers: RawHeaders,
    readonly body: ResponseBody,
    /** The declared name of the upstream it came from; `undefined` when a handler made it. */
    readonly upstream: string | undefined = undefined,
  ) {}

  /** A JSON answer made by a handler. */
  static json(value: unknown, status = 200): UpstreamResponse {
    const text = JSON.stringify(value) ?? 'null';
    return new UpstreamResponse(
      status,
      ['content-type', 'application/json; charset=utf-8'],
      new WholeBody(Buffer.from(text)),
    );
  }

  header(name: string): string | undefined {
    return headerValue(this.headers, name.toLowerCase());
  }

  withHeader(name: string, value: string): UpstreamResponse {
    return this.withHeaders(withHeader(this.headers, name, value));
  }

  withoutHeader(name: string): UpstreamResponse {
    return this.withHeaders(withoutHeader(this.headers, name.toLowerCase()));
  }

  withHeaders(headers: RawHeaders): UpstreamResponse {
    return new UpstreamResponse(this.status, headers, this.body, this.upstream);
  }

  withStatus(status: number): UpstreamResponse {
    return new UpstreamResponse(status, this.headers, this.body, this.upstream);
  }

  withBody(body: ResponseBody): UpstreamResponse {
    return new UpstreamResponse(this.status, this.headers, body, this.upstream);
  }

  toJSON(): never {
    throw new TypeError(
      'An UpstreamResponse is returned as it is, never serialised: return it or read its JSON first.',
    );
  }
}
