import { GatewayError } from '../../contracts/gateway-error.js';
import type { BodyFlow, BodySink, ResponseBody } from '../../contracts/upstream-response.js';

/**
 * Reads a body into memory, up to a limit.
 *
 * @throws GatewayError `upstream-body` beyond the limit; whatever the body itself breaks with
 */
export function readBody(body: ResponseBody, limitBytes: number, upstream: string): Promise<Buffer> {
  if (body.length !== undefined && body.length > limitBytes) {
    body.discard();
    return Promise.reject(tooLarge(upstream, limitBytes));
  }
  if (body.whole !== undefined) return Promise.resolve(body.whole);
  return new Promise((resolve, reject) => new ByteSink(upstream, limitBytes, resolve, reject).read(body));
}

class ByteSink implements BodySink {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #overLimit = false;
  #flow: BodyFlow | undefined;

  constructor(
    private readonly upstream: string,
    private readonly limitBytes: number,
    private readonly resolve: (bytes: Buffer) => void,
    private readonly reject: (error: GatewayError) => void,
  ) {}

  read(body: ResponseBody): void {
    this.#flow = body.pipe(this);
    // The first bytes may come before `pipe` returns.
    if (this.#overLimit) this.#flow.cancel();
  }

  write(chunk: Buffer): boolean {
    if (this.#overLimit) return false;
    this.#bytes += chunk.length;
    if (this.#bytes <= this.limitBytes) {
      this.#chunks.push(chunk);
      return true;
    }
    this.#overLimit = true;
    this.#chunks.length = 0;
    this.reject(tooLarge(this.upstream, this.limitBytes));
    this.#flow?.cancel();
    return false;
  }

  end(): void {
    if (!this.#overLimit) this.resolve(Buffer.concat(this.#chunks, this.#bytes));
  }

  fail(error: GatewayError): void {
    // A promise settles once: after the limit was passed this tells nothing new.
    this.reject(error);
  }
}

const tooLarge = (upstream: string, limitBytes: number): GatewayError =>
  new GatewayError('upstream-body', {
    upstream,
    detail: `${upstream} answered with more than ${limitBytes} bytes.`,
  });
