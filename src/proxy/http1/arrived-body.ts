import {
  type BodyFlow,
  type BodySink,
  type BodyTrailers,
  EMPTY_BODY,
  FINISHED,
  type ResponseBody,
  WholeBody,
} from '../../contracts/upstream-response.js';

/** The body of a response that came in one read. With trailer fields to pass on it is one that streams, for they follow chunks. */
export function arrivedBody(bytes: Buffer | undefined, trailers: BodyTrailers | undefined): ResponseBody {
  if (trailers !== undefined && trailers.fields.length > 0) return new TrailedBody(bytes, trailers);
  return bytes === undefined ? EMPTY_BODY : new WholeBody(bytes);
}

class TrailedBody implements ResponseBody {
  readonly length = undefined;
  readonly whole = undefined;

  constructor(
    private readonly bytes: Buffer | undefined,
    readonly trailers: BodyTrailers,
  ) {}

  pipe(sink: BodySink): BodyFlow {
    if (this.bytes !== undefined) sink.write(this.bytes);
    sink.end();
    return FINISHED;
  }

  discard(): void {}
}
