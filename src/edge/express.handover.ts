import type { ServerResponse } from 'node:http';
import { EarlyAnswer } from '../contracts/early-answer.js';
import type { Exchange } from '../contracts/exchange.js';
import { asGatewayError } from '../contracts/problem.js';
import type { Answerer } from './answerer.js';
import { dressReply } from './dress-reply.js';
import type { EdgeState } from './edge-state.js';
import type { ExchangesInFlight } from './exchanges-in-flight.js';
import { takeNoMore } from './last-request.js';
import type { TransportRules } from './tls/transport-rules.js';

/** Hands a request to Express, with the error that a team's exception filter shall answer, if any. */
export type Next = (error?: unknown) => void;

/** Gives exchanges to Express, which writes the answer itself: all that is left to do is to see it finish. */
export class ExpressHandover {
  constructor(
    private readonly state: EdgeState,
    private readonly inFlight: ExchangesInFlight,
    private readonly answerer: Answerer,
    private readonly transport: TransportRules | undefined,
  ) {}

  give(exchange: Exchange, next: Next): void {
    const res = exchange.res as ServerResponse;
    exchange.handedOver = true;
    if (this.state.draining) {
      takeNoMore(exchange.req.socket);
      res.setHeader('Connection', 'close');
    }
    res.setHeader('X-Correlation-ID', exchange.correlationId);
    dressReply(exchange, res);
    this.transport?.mark(res);
    res.once('finish', () => {
      if (exchange.finished) return;
      if (exchange.status === 0) exchange.status = res.statusCode;
      this.inFlight.finish(exchange);
    });
    next();
  }

  /** For a compiled route that fails where a team's exception filter answers: Express gets the request with its error. */
  giveFailed(next: Next): (exchange: Exchange, error: unknown) => void {
    return (exchange, error) => {
      if (error instanceof EarlyAnswer || exchange.finished || exchange.res.headersSent) {
        return this.answerer.fail(exchange, error);
      }
      exchange.error = asGatewayError(error);
      exchange.thrown = error;
      this.give(exchange, next);
    };
  }
}
