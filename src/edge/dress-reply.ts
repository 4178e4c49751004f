import type { ServerResponse } from 'node:http';
import type { Exchange } from '../contracts/exchange.js';

/** Puts what a route owes its answers on one that others may write: Express, Nest, a team's exception filter. */
export function dressReply(exchange: Exchange, res: ServerResponse): void {
  const { dress } = exchange;
  if (dress === undefined) return;
  const fields = dress(exchange, []);
  for (let i = 0; i < fields.length; i += 2) res.appendHeader(fields[i] as string, fields[i + 1] as string);
}

/** Takes it off again: the route that was found is not the one that runs. */
export function undressReply(exchange: Exchange): void {
  const { dress } = exchange;
  const res = exchange.res as ServerResponse;
  if (dress === undefined || res.headersSent) return;
  exchange.dress = undefined;
  const fields = dress(exchange, []);
  for (let i = 0; i < fields.length; i += 2) res.removeHeader(fields[i] as string);
}
