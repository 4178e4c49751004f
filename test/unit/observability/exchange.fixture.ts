import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/contracts/clock.js';
import { Exchange } from '../../../src/contracts/exchange.js';
import type { RouteFacts } from '../../../src/contracts/route-facts.js';
import { LogSink } from '../../../src/observability/log-sink.js';

/** A clock that stands until a test moves it. */
export class StandingClock implements Clock {
  epochMs = Date.UTC(2026, 10, 5, 12, 30, 15, 42);
  monotonicMs = 1000;

  now(): number {
    return this.epochMs;
  }

  monotonic(): number {
    return this.monotonicMs;
  }

  advance(ms: number): void {
    this.epochMs += ms;
    this.monotonicMs += ms;
  }
}

export const USER_ROUTE = {
  id: 'GET /api/users/:id',
  methods: ['GET'],
  path: '/api/users/:id',
  paramNames: ['id'],
  handler: 'UsersController.one',
  upstream: 'user-service',
} as unknown as RouteFacts;

export interface ExchangeFields {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly clientAddress?: string;
  readonly correlationId?: string;
  readonly startedAt?: number;
  readonly rawHeaders?: readonly string[];
}

/** An exchange at intake. */
export function exchangeOf(fields: ExchangeFields = {}): Exchange {
  return new Exchange(
    { rawHeaders: fields.rawHeaders ?? [] } as unknown as IncomingMessage,
    {} as ServerResponse,
    fields.method ?? 'GET',
    fields.path ?? '/api/users/7',
    fields.query ?? '',
    fields.clientAddress ?? '203.0.113.9',
    fields.correlationId ?? 'id-1',
    fields.startedAt ?? 1000,
    undefined,
  );
}

/** A sink that keeps its lines, written at once. */
export class KeptLines {
  readonly #chunks: string[] = [];
  readonly sink = new LogSink(-1, {
    chunkBytes: 1,
    write: (_fd, chunk, done) => {
      this.#chunks.push(chunk.toString());
      done(null, chunk.length);
    },
  });

  get text(): string {
    return this.#chunks.join('');
  }

  get lines(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
