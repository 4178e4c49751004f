import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import type { Target } from '../../../../src/contracts/forwarder.js';

export const TARGET: Target = {
  id: 'users.internal:3001',
  host: 'users.internal',
  port: 3001,
  tls: false,
  weight: 1,
};

export interface ClientRequest {
  readonly rawHeaders?: readonly string[];
  readonly httpVersion?: string;
  readonly encrypted?: boolean;
  readonly localPort?: number | undefined;
}

/** A call as the edge would hand it over for a request with these raw headers. */
export function callFor(client: ClientRequest = {}): ForwardCall {
  const req = {
    rawHeaders: client.rawHeaders ?? ['Host', 'api.example'],
    httpVersion: client.httpVersion ?? '1.1',
    socket: {
      encrypted: client.encrypted ?? false,
      localPort: 'localPort' in client ? client.localPort : 8080,
    },
  } as unknown as IncomingMessage;
  const exchange = new Exchange(
    req,
    {} as ServerResponse,
    'GET',
    '/api/users/7',
    '?full=1',
    '203.0.113.9',
    'corr-1',
    0,
    undefined,
  );
  return new ForwardCall(exchange, 'GET', '/users/7', '?full=1', undefined);
}

/** Every value of a field, in order. */
export function valuesOf(headers: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() === name) values.push(headers[i + 1] as string);
  }
  return values;
}

export function namesOf(headers: readonly string[]): string[] {
  return headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
}
