import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import { adoptOrMint } from '../../../../src/policies/correlation-id/correlation-id.js';

/** An exchange of a client that sent these headers and this query. */
export function exchangeOf(rawHeaders: readonly string[] = [], query = ''): Exchange {
  const exchange = new Exchange(
    { rawHeaders } as unknown as IncomingMessage,
    {} as ServerResponse,
    'GET',
    '/api/users/7',
    query,
    '203.0.113.9',
    adoptOrMint(rawHeaders),
    0,
    undefined,
  );
  exchange.call = new ForwardCall(exchange, 'GET', '/users/7', query, undefined);
  return exchange;
}

/** The client's headers as the call's edits leave them. */
export function editedHeaders(exchange: Exchange): string[] {
  return applyEdits(exchange.req.rawHeaders, exchange.call?.headerEdits ?? [], foldHeaderName);
}

/** `id-1`, `id-2` … instead of UUIDs. */
export function counting(): () => string {
  let count = 0;
  return () => `id-${++count}`;
}
