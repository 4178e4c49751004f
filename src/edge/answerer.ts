import type { ServerResponse } from 'node:http';
import { EarlyAnswer } from '../contracts/early-answer.js';
import type { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { asGatewayError, type Problem, problemOf, problemResponse } from '../contracts/problem.js';
import { TunnelBody } from '../contracts/upgrade.js';
import type { UpstreamResponse } from '../contracts/upstream-response.js';
import { cutReply } from './cut-reply.js';
import type { EdgeState } from './edge-state.js';
import type { ExchangesInFlight } from './exchanges-in-flight.js';
import { writeReply } from './reply.writer.js';
import { shapeOwnAnswer } from './shape-own-answer.js';
import type { TransportRules } from './tls/transport-rules.js';
import { ClientEnd } from './upgrade/client-end.js';
import { switchHead } from './upgrade/switch-head.js';
import type { Tunnels } from './upgrade/tunnels.js';
import { releaseConnection } from './upgrade/upgrade.response.js';

export interface AnswererOptions {
  /** The problem of an error that is not the gateway's own, such as a team's HttpException. */
  readonly foreignProblem: (error: unknown) => Problem | undefined;
  /** What TLS asks of requests and answers; absent: nothing. */
  readonly transport?: TransportRules | undefined;
}

/** Answers exchanges that the gateway took: with what came of a route, or with what went wrong. */
export class Answerer {
  constructor(
    private readonly state: EdgeState,
    private readonly inFlight: ExchangesInFlight,
    private readonly tunnels: Tunnels,
    private readonly options: AnswererOptions,
  ) {}

  /** Sends an answer; the exchange is recorded when its last byte was handed over. */
  readonly reply = (exchange: Exchange, response: UpstreamResponse): void => {
    if (response.status === SWITCHING) this.#tunnel(exchange, response);
    else writeReply(exchange, this.#dress(exchange, response), this.state.draining, this.inFlight.done);
  };

  /**
   * Answers what a stage or a handler threw: an answer of its own as it is, an error as a problem document. Cuts the
   * connection when the answer already began.
   */
  readonly fail = (exchange: Exchange, thrown: unknown): void => {
    if (thrown instanceof EarlyAnswer) this.#answerEarly(exchange, thrown);
    else this.#answerError(exchange, thrown, this.state.draining || hasUnreadBody(exchange));
  };

  /** Whoever sends what must not be served is not heard again: nobody knows what the bytes behind it are. */
  refuse(exchange: Exchange, refusal: GatewayError): void {
    this.#answerError(exchange, refusal, true);
  }

  /** Refuses a request in the middle of its body: the client is told, and whoever works on it. */
  refuseBody(exchange: Exchange, error: GatewayError): void {
    this.refuse(exchange, error);
    exchange.cancellation.cancel(error);
  }

  /** Joins the client to the upstream; the exchange is recorded when the tunnel is over. */
  #tunnel(exchange: Exchange, response: UpstreamResponse): void {
    const { body } = response;
    const client = ClientEnd.of(exchange.req);
    const { req, res, tunnel: terms } = exchange;
    if (!(body instanceof TunnelBody) || client === undefined || terms === undefined || res.headersSent) {
      body.discard();
      return this.fail(exchange, new TypeError('Only a handshake of the client’s is answered with a 101.'));
    }
    if (exchange.finished || req.socket.destroyed) return body.discard();
    const head = switchHead(exchange, this.#dress(exchange, response));
    exchange.status = SWITCHING;
    // From here on it is the tunnel that notices when the client leaves.
    this.inFlight.unwatch(exchange);
    releaseConnection(res as ServerResponse, client.socket);
    client.socket.write(head, 'latin1');
    this.tunnels.open(exchange, terms, client, body.connection, (error) =>
      this.inFlight.done(exchange, error),
    );
  }

  /** A stage's own answer; one that comes too late is nobody's. */
  #answerEarly(exchange: Exchange, { response }: EarlyAnswer): void {
    if (exchange.finished || exchange.res.headersSent) return response.body.discard();
    this.#answerItself(exchange, response, this.state.draining || hasUnreadBody(exchange));
  }

  #answerError(exchange: Exchange, thrown: unknown, closing: boolean): void {
    if (exchange.finished) return;
    const foreign = thrown instanceof GatewayError ? undefined : this.options.foreignProblem(thrown);
    if (foreign === undefined) exchange.error = asGatewayError(thrown);
    const { res } = exchange;
    if (res.headersSent) {
      cutReply(res, res.hasHeader('content-length'));
      this.inFlight.finish(exchange);
      return;
    }
    const { error } = exchange;
    const errorAnswer = exchange.errorAnswer ?? this.state.plan.unmatchedAnswer;
    const answer =
      errorAnswer === undefined || error === undefined
        ? problemResponse(exchange, foreign ?? problemOf(error as GatewayError))
        : errorAnswer(exchange, error);
    this.#answerItself(exchange, answer, closing);
  }

  #answerItself(exchange: Exchange, answer: UpstreamResponse, closing: boolean): void {
    const write = (_: Exchange, shaped: UpstreamResponse): void =>
      writeReply(exchange, this.#dress(exchange, shaped), closing, this.inFlight.done);
    shapeOwnAnswer(exchange, answer, write, this.fail);
  }

  #dress(exchange: Exchange, response: UpstreamResponse): UpstreamResponse {
    const { transport } = this.options;
    const { dress } = exchange;
    const dressed = dress === undefined ? response : response.withHeaders(dress(exchange, response.headers));
    return transport === undefined ? dressed : transport.dress(exchange, dressed);
  }
}

const SWITCHING = 101;

/** An upload that has its answer is not read to its end: the connection closes behind the answer. */
function hasUnreadBody(exchange: Exchange): boolean {
  return exchange.body !== undefined && !exchange.req.complete;
}
