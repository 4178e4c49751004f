import type { GatewayError } from '../../src/contracts/gateway-error.js';
import type { BodyFlow, ResponseBody } from '../../src/contracts/upstream-response.js';

/** A body while it is read. */
export interface ReadingBody {
  readonly chunks: Buffer[];
  readonly flow: BodyFlow;
  /** All of it. Rejects with what its sink was told when it was cut. */
  readonly whole: Promise<Buffer>;
}

/** Reads a body to its end, or takes no more than `limitBytes` of it until the flow is resumed. */
export function readBody(body: ResponseBody, limitBytes = Number.POSITIVE_INFINITY): ReadingBody {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let end: (whole: Buffer) => void = () => {};
  let fail: (error: GatewayError) => void = () => {};
  const whole = new Promise<Buffer>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  whole.catch(() => {});
  const flow = body.pipe({
    write: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      return bytes < limitBytes;
    },
    end: () => end(Buffer.concat(chunks)),
    fail: (error) => fail(error),
  });
  return { chunks, flow, whole };
}
