import type { Readable } from 'node:stream';
import type { Exchange } from '../../../contracts/exchange.js';
import { GatewayError } from '../../../contracts/gateway-error.js';

/** The largest body that is looked into. */
export const PEEK_LIMIT_BYTES = 64 * 1024;

/**
 * The whole body of a request, which still goes on as it came. `undefined` without one, and for one beyond the limit: that
 * streams on, nobody having looked into it.
 */
export async function peekBody(exchange: Exchange): Promise<Buffer | undefined> {
  const { body } = exchange;
  if (body === undefined || Buffer.isBuffer(body)) return body;
  if (body.length !== undefined && body.length > PEEK_LIMIT_BYTES) return undefined;
  const whole = await gather(body.stream);
  if (whole !== undefined) replaceBody(exchange, whole);
  return whole;
}

/** Gives the exchange another body, and the call too unless somebody gave it one of its own. */
export function replaceBody(exchange: Exchange, bytes: Buffer): void {
  if (exchange.call?.body === exchange.body) exchange.call = exchange.call?.withBody(bytes);
  exchange.body = bytes;
}

/** `undefined` when more comes than the limit: then the stream has everything back. */
function gather(stream: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (): void => {
      stream.off('data', take).off('end', end).off('error', fail).off('close', close);
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= PEEK_LIMIT_BYTES) return;
      stop();
      stream.pause();
      stream.unshift(Buffer.concat(chunks, bytes));
      resolve(undefined);
    };
    const end = (): void => {
      stop();
      resolve(Buffer.concat(chunks, bytes));
    };
    const fail = (cause: Error): void => {
      stop();
      reject(new GatewayError('client-closed', { cause }));
    };
    const close = (): void => {
      if (stream.readableEnded) return;
      stop();
      reject(new GatewayError('client-closed'));
    };
    if (stream.destroyed && !stream.readableEnded) {
      close();
      return;
    }
    stream.on('data', take).on('end', end).on('error', fail).on('close', close);
    stream.resume();
  });
}
