import type { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { BodySink, UpstreamResponse } from '../../../../src/contracts/upstream-response.js';

/** Remembers a body and how it ended. */
export class RecordingSink implements BodySink {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  ends = 0;
  error: GatewayError | undefined;
  readonly over: Promise<void>;
  #settle: () => void = () => {};

  constructor(private readonly takes: () => boolean = () => true) {
    this.over = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    return this.takes();
  }

  end(): void {
    this.ends++;
    this.#settle();
  }

  fail(error: GatewayError): void {
    this.error = error;
    this.#settle();
  }
}

/** Pipes a response's body and waits for its end. */
export async function readBody(response: UpstreamResponse): Promise<RecordingSink> {
  const sink = new RecordingSink();
  response.body.pipe(sink);
  await sink.over;
  return sink;
}

/** Waits, turn by turn, until a number no longer changes: everything that could move has moved. */
export async function settled(count: () => number): Promise<number> {
  let last = count();
  for (let quiet = 0; quiet < 200; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (count() === last) continue;
    last = count();
    quiet = 0;
  }
  return last;
}
