import type { Exchange } from '../contracts/exchange.js';

/**
 * Puts a body back that somebody in front of a route has read, a body parser of the application for instance: the bytes it
 * kept as `rawBody`. What it parsed is never serialised again.
 *
 * @returns `gone` when nobody kept the bytes: waiting for them would hang the request
 */
export function restoreBody(exchange: Exchange, req: object): 'untouched' | 'restored' | 'gone' {
  const { body } = exchange;
  if (body === undefined || Buffer.isBuffer(body) || !body.stream.readableDidRead) return 'untouched';
  const { rawBody } = req as { readonly rawBody?: unknown };
  if (!Buffer.isBuffer(rawBody)) return 'gone';
  exchange.body = rawBody;
  return 'restored';
}
