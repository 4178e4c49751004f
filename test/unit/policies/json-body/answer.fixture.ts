import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import {
  type BodyFlow,
  type BodySink,
  type ResponseBody,
  UpstreamResponse,
  WholeBody,
} from '../../../../src/contracts/upstream-response.js';

/** An exchange on its way through a proxy route. */
export function exchangeFor(method = 'GET', rawHeaders: readonly string[] = []): Exchange {
  const exchange = new Exchange(
    { rawHeaders } as unknown as IncomingMessage,
    {} as ServerResponse,
    method,
    '/api/users/7',
    '',
    '203.0.113.9',
    'corr-1',
    0,
    undefined,
  );
  exchange.call = new ForwardCall(exchange, method, '/users/7', '', undefined);
  return exchange;
}

/** An answer of user-service that is in memory. */
export function answer(
  body: string | Buffer,
  headers: readonly string[] = ['Content-Type', 'application/json'],
  status = 200,
): UpstreamResponse {
  return new UpstreamResponse(status, headers, new WholeBody(Buffer.from(body)), 'user-service');
}

/** A body that the test sends chunk by chunk. */
export class SentBody implements ResponseBody {
  readonly whole = undefined;
  cancelled = false;
  discarded = false;
  sink: BodySink | undefined;

  constructor(readonly length: number | undefined = undefined) {}

  pipe(sink: BodySink): BodyFlow {
    this.sink = sink;
    return {
      resume() {},
      cancel: () => {
        this.cancelled = true;
      },
    };
  }

  discard(): void {
    this.discarded = true;
  }

  send(...chunks: (string | Buffer)[]): void {
    for (const chunk of chunks) this.sink?.write(Buffer.from(chunk));
  }
}

/** Header lines as a flat list. */
export const fields = (...lines: string[]): string[] => lines.flatMap((line) => line.split(': '));

/** What a client would read of an answer. */
export function textOf(response: UpstreamResponse): string {
  return (response.body.whole as Buffer).toString();
}

export function jsonOf(response: UpstreamResponse): unknown {
  return JSON.parse(textOf(response));
}
