import type { Readable } from 'node:stream';
import { GatewayError } from '../../../contracts/gateway-error.js';
import type { RequestBody, StreamedBody } from '../../../contracts/upstream-request.js';

/**
 * The whole of a client's body, at most `limitBytes` of it: at once where it is in memory, else as it arrives.
 *
 * @throws GatewayError `body-too-large`, `bad-request` when it is shorter than declared, or what the stream broke off with;
 * the client's stream is left standing, only paused: its connection must still carry the answer
 */
export function arrivedBody(
  body: Exclude<RequestBody, undefined>,
  limitBytes: number,
  policy: string,
): Buffer | Promise<Buffer> {
  const whole = Buffer.isBuffer(body) ? body : body.whole;
  if ((whole?.length ?? body.length ?? 0) > limitBytes) throw tooLarge(limitBytes, policy);
  return whole ?? gathered(body as StreamedBody, limitBytes, policy);
}

function gathered({ stream, length }: StreamedBody, limitBytes: number, policy: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (error: Error | undefined): void => {
      stream.off('data', onData).off('end', onEnd).off('close', onClose);
      if (error === undefined) resolve(Buffer.concat(chunks, bytes));
      else {
        stream.pause();
        reject(error);
      }
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limitBytes) settle(tooLarge(limitBytes, policy));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      // A client of HTTP/2 can end its stream before the length it declared.
      settle(length === undefined || length === bytes ? undefined : notAsDeclared(policy));
    };
    const onClose = (): void => settle(new GatewayError('client-closed'));
    // It stays: a client that breaks off later must not become an uncaught error.
    stream.on('error', (cause: Error) => {
      settle(cause instanceof GatewayError ? cause : new GatewayError('client-closed', { cause }));
    });
    whenOpen(stream, onEnd, onClose, () => {
      stream.on('data', onData).on('end', onEnd).on('close', onClose).resume();
    });
  });
}

/** Somebody may have read it to its end, or the client may have left, before anybody listened. */
function whenOpen(stream: Readable, ended: () => void, closed: () => void, open: () => void): void {
  if (stream.readableEnded) ended();
  else if (stream.destroyed) closed();
  else open();
}

function tooLarge(limitBytes: number, policy: string): GatewayError {
  return new GatewayError('body-too-large', { policy, detail: `At most ${limitBytes} bytes are allowed.` });
}

function notAsDeclared(policy: string): GatewayError {
  return new GatewayError('bad-request', { policy, detail: 'The body is not as long as declared.' });
}
