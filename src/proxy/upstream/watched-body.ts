import type { Cancellation } from '../../contracts/cancellation.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import type { BodyFlow, BodySink, BodyTrailers, ResponseBody } from '../../contracts/upstream-response.js';
import type { Breaker } from '../../resilience/breaker.js';
import { namedError } from './named-error.js';

/**
 * A body that is still to come. When it breaks, the error gets the upstream's name, and the breaker, where there is one,
 * is told: the call had counted as a success.
 */
export class WatchedBody implements ResponseBody {
  readonly length: number | undefined;
  readonly whole = undefined;
  readonly trailers: BodyTrailers | undefined;

  constructor(
    private readonly body: ResponseBody,
    private readonly upstream: string,
    private readonly breaker: Breaker | undefined,
    private readonly cancellation: Cancellation,
  ) {
    this.length = body.length;
    this.trailers = body.trailers;
  }

  pipe(sink: BodySink): BodyFlow {
    return this.body.pipe(new WatchedSink(sink, this.upstream, this.breaker, this.cancellation));
  }

  discard(): void {
    this.body.discard();
  }
}

class WatchedSink implements BodySink {
  constructor(
    private readonly sink: BodySink,
    private readonly upstream: string,
    private readonly breaker: Breaker | undefined,
    private readonly cancellation: Cancellation,
  ) {}

  write(chunk: Buffer, spent?: (chunk: Buffer) => void): boolean {
    return this.sink.write(chunk, spent);
  }

  end(): void {
    this.sink.end();
  }

  fail(error: GatewayError): void {
    // A client that left ends the body too, and that is not the upstream's doing.
    if (error.source === 'upstream' && this.cancellation.reason === undefined) this.breaker?.reportFailure();
    this.sink.fail(namedError(error, this.upstream));
  }
}
