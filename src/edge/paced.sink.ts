import type { DownstreamReply } from '../contracts/downstream.js';
import type { GatewayError } from '../contracts/gateway-error.js';
import type { BodyFlow, BodySink, BodyTrailers } from '../contracts/upstream-response.js';

/** Writes a streamed body to the client at the client's own speed, with its trailers behind it. */
export abstract class PacedSink implements BodySink {
  flow: BodyFlow | undefined;
  #waiting = false;

  constructor(
    readonly res: DownstreamReply,
    readonly trailers: BodyTrailers | undefined,
  ) {}

  write(chunk: Buffer, spent?: (chunk: Buffer) => void): boolean {
    const { res } = this;
    const taken =
      spent === undefined
        ? res.write(chunk)
        : res.write(chunk, (error) => {
            // After an error the kernel may still hold the bytes.
            if (error === null || error === undefined) spent(chunk);
          });
    if (taken) return true;
    if (!this.#waiting) {
      this.#waiting = true;
      res.once('drain', () => {
        this.#waiting = false;
        this.flow?.resume();
      });
    }
    return false;
  }

  end(): void {
    const fields = this.trailers?.fields;
    if (fields !== undefined && fields.length > 0) {
      const pairs: [string, string][] = [];
      for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string]);
      this.res.addTrailers(pairs);
    }
    this.res.end();
  }

  abstract fail(error: GatewayError): void;
}
