import type { ServerResponse } from 'node:http';
import type { DownstreamReply, DownstreamRequest } from '../contracts/downstream.js';
import { EarlyAnswer } from '../contracts/early-answer.js';
import type { Exchange } from '../contracts/exchange.js';
import { attachExchange, exchangeOf } from '../contracts/exchange-of.js';
import type { ExchangeRecorder } from '../contracts/exchange-recorder.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { asGatewayError, type Problem, problemOf, problemResponse } from '../contracts/problem.js';
import { TunnelBody } from '../contracts/upgrade.js';
import type { UpstreamResponse } from '../contracts/upstream-response.js';
import { EMPTY_PLAN, type Plan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import type { RouteSource } from '../routing/route-source.js';
import { ConnectionSweep, type PaceLimits } from './connection-sweep.js';
import { bodyLost, recoverBody } from './consumed-body.js';
import { countReceived } from './counted-request.js';
import { cutReply } from './cut-reply.js';
import { DownstreamConnection } from './downstream-connection.js';
import { dressReply } from './dress-reply.js';
import { inform } from './informational.js';
import { type IntakeOptions, openExchange } from './intake.js';
import { takeNoMore, takesMore } from './last-request.js';
import { goesNoFurther } from './max-forwards.js';
import { type Outlook, outlookOn } from './outlook.js';
import { preflightMethod } from './preflight.js';
import { writeReply } from './reply.writer.js';
import { ASTERISK } from './request-target.js';
import { runBefore, runRoute } from './route.runner.js';
import { shapeOwnAnswer } from './shape-own-answer.js';
import type { TransportRules } from './tls/transport-rules.js';
import { optionsResponse, unmatchedAnswer } from './unmatched.response.js';
import { ClientEnd } from './upgrade/client-end.js';
import { switchHead } from './upgrade/switch-head.js';
import { type TunnelObserver, Tunnels } from './upgrade/tunnels.js';
import { releaseConnection } from './upgrade/upgrade.response.js';

/** Hands a request to Express, with the error that a team's exception filter shall answer, if any. */
export type Next = (error?: unknown) => void;

/** Answers a reserved path (`/health`) before any route is tried. */
export type ReservedHandler = (exchange: Exchange) => UpstreamResponse;

export interface EdgeOptions extends IntakeOptions {
  readonly recorder: ExchangeRecorder;
  /** How slow a client may be; absent: as slow as it likes. */
  readonly pace?: PaceLimits;
  /** Told of tunnels. */
  readonly tunnels?: TunnelObserver;
  /** The problem of an error that is not the gateway's own, such as a team's HttpException. */
  readonly foreignProblem: (error: unknown) => Problem | undefined;
  readonly reserved: ReadonlyMap<string, ReservedHandler>;
  /** What TLS asks of requests and answers; absent: nothing. */
  readonly transport?: TransportRules | undefined;
}

/**
 * The one way in and out of the gateway: every request opens an exchange here and every exchange is recorded here once.
 *
 * 1. intake  2. reserved paths, and what must not be served as it came  3. match  4. the compiled route, or Express  …  11. reply  12. record
 */
export class Edge {
  /** Swapped whole; a request keeps the plan it matched in. */
  plan: Plan = EMPTY_PLAN;
  /** Replies carry `Connection: close`, so that clients move to another instance. */
  draining = false;
  #active = 0;
  #idle: (() => void) | undefined;
  readonly #left = (exchange: Exchange, reason: GatewayError): void => this.#clientLeft(exchange, reason);

  /** What the gateway answers itself. */
  readonly #reserved: ReadonlyMap<string, ReservedHandler>;
  readonly #sweep: ConnectionSweep | undefined;
  /** The connections that became WebSockets. */
  readonly tunnels: Tunnels;

  constructor(readonly options: EdgeOptions) {
    const { now, pace, reserved } = options;
    this.#reserved = new Map([...reserved, [ASTERISK, () => optionsResponse([])]]);
    this.tunnels = new Tunnels(now, options.tunnels);
    this.#sweep = pace && new ConnectionSweep(pace, now, (exchange) => this.#bodyTooSlow(exchange));
  }

  /** Exchanges in flight. */
  get active(): number {
    return this.#active;
  }

  /** {@link handle}, where nothing a single request does may end the process. */
  take(req: DownstreamRequest, res: DownstreamReply, next: Next, outlook?: Outlook): void {
    try {
      this.handle(req, res, next, outlook);
    } catch (error) {
      const exchange = exchangeOf(req);
      if (exchange === undefined) res.destroy();
      else this.fail(exchange, error);
    }
  }

  /**
   * Takes one request.
   *
   * @param next hands it to Express, where interpreted and foreign routes run
   * @param outlook what {@link outlook} has just found, so that it is not looked for again
   */
  handle(req: DownstreamRequest, res: DownstreamReply, next: Next, outlook?: Outlook): void {
    // A connection that was told to close is owed nothing more.
    if (!takesMore(req.socket)) return;

    // 1
    const { exchange, refusal } = openExchange(req, res, this.options, outlook?.path);
    const connection = this.#open(exchange);
    if (refusal !== undefined) return this.#refuse(exchange, refusal);
    if (connection.mustWait) connection.wait(exchange, () => this.#serveLater(exchange, next));
    else this.#serve(exchange, next, outlook);
  }

  /** Where a request will go, for whoever has to know before it is taken: method, path and query as received. */
  outlook(method: string, url: string): Outlook | undefined {
    return outlookOn(this.plan, this.#reserved, method, url);
  }

  #serve(exchange: Exchange, next: Next, outlook?: Outlook): void {
    const { method, path } = exchange;

    // 2
    const reserved = this.#reserved.get(path);
    if (reserved !== undefined) return this.reply(exchange, reserved(exchange));

    const stopped = this.options.transport?.stop(exchange);
    if (stopped instanceof GatewayError) return this.fail(exchange, stopped);
    if (stopped !== undefined) return this.reply(exchange, stopped);

    // 3
    const { plan } = this;
    if (method === 'OPTIONS' && this.#answersPreflight(exchange)) return;
    const match = outlook === undefined ? plan.match(method, path) : outlook.match;
    if (match === undefined) {
      if (plan.declared !== undefined && this.#takeDeclared(exchange, plan.declared)) return;
      if (plan.fallsThrough) return this.#handOver(exchange, next);
      return this.unmatched(exchange);
    }
    if (method === 'OPTIONS' && goesNoFurther(exchange.req)) {
      return this.reply(exchange, optionsResponse(plan.allowedMethods(path)));
    }
    const route = match.value;

    // 4
    this.#enter(exchange, route, match.params);
    if (route.mode !== 'compiled') {
      // What an ordinary controller declares and the edge carries out; on a proxy route the gateway's guard runs it.
      const waiting = route.mode === 'foreign' ? runBefore(route.before, exchange) : undefined;
      if (waiting === undefined) return this.#handOver(exchange, next);
      waiting.then(() => this.#handOver(exchange, next)).catch((error) => this.fail(exchange, error));
      return;
    }
    runRoute(route, exchange, this.#reply, route.deopt ? this.#deopt(next) : this.#fail);
  }

  /** Runs the declared route that takes the request; `false` when none does. */
  #takeDeclared(exchange: Exchange, declared: RouteSource): boolean {
    if (this.#asksForCode(exchange)) return false;
    // Express may have parsed it for a route of the code that was not taken after all.
    const body = exchange.handedOver
      ? recoverBody(exchange, exchange.req as { rawBody?: unknown })
      : 'unread';
    try {
      const route = declared.enter(exchange);
      if (route === undefined) return false;
      if (body === 'lost') throw bodyLost();
      if (exchange.method === 'OPTIONS' && goesNoFurther(exchange.req)) {
        this.reply(exchange, optionsResponse(route.facts.methods ?? []));
      } else runRoute(route, exchange, this.#reply, this.#fail);
    } catch (error) {
      this.fail(exchange, error);
    }
    return true;
  }

  /** Whether the request is a CORS preflight that the route of the method it asks for answers. */
  #answersPreflight(exchange: Exchange): boolean {
    const asked = preflightMethod(exchange.req);
    const match = asked === undefined ? undefined : this.plan.match(asked, exchange.path);
    const preflight = match?.value.preflight;
    if (asked === undefined || match === undefined || preflight === undefined) return false;
    exchange.route = match.value.facts;
    exchange.params = match.params;
    exchange.dress = preflight.dress;
    const answer = (): void => this.reply(exchange, preflight.answer(exchange, asked));
    try {
      const waiting = runBefore(preflight.before, exchange);
      if (waiting === undefined) answer();
      else waiting.then(answer).catch((error) => this.fail(exchange, error));
    } catch (error) {
      this.fail(exchange, error);
    }
    return true;
  }

  /**
   * Whether the request is a CORS preflight for a route of the code. What such a route does not allow itself, no declared
   * route that takes OPTIONS at its path allows in its place.
   */
  #asksForCode({ method, req, path }: Exchange): boolean {
    const asked = method === 'OPTIONS' ? preflightMethod(req) : undefined;
    return asked !== undefined && this.plan.match(asked, path) !== undefined;
  }

  #serveLater(exchange: Exchange, next: Next): void {
    try {
      this.#serve(exchange, next);
    } catch (error) {
      this.fail(exchange, error);
    }
  }

  /** Puts a route on an exchange. */
  #enter(exchange: Exchange, route: PlannedRoute, params: readonly string[]): void {
    exchange.route = route.facts;
    exchange.params = params;
    exchange.dress = route.dress;
    route.prepare(exchange);
  }

  /** Sends an answer; the exchange is recorded when its last byte was handed over. */
  reply(exchange: Exchange, response: UpstreamResponse): void {
    if (response.status === SWITCHING) this.#tunnel(exchange, response);
    else writeReply(exchange, this.#dress(exchange, response), this.draining, this.#done);
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
    DownstreamConnection.of(req.socket, this.#left, this.#sweep).remove(exchange);
    releaseConnection(res as ServerResponse, client.socket);
    client.socket.write(head, 'latin1');
    this.tunnels.open(exchange, terms, client, body.connection, (error) => this.#done(exchange, error));
  }

  /**
   * Answers what a stage or a handler threw: an answer of its own as it is, an error as a problem document. Cuts the
   * connection when the answer already began.
   */
  fail(exchange: Exchange, thrown: unknown): void {
    if (thrown instanceof EarlyAnswer) return this.#answerEarly(exchange, thrown);
    this.#answerError(exchange, thrown, this.draining || hasUnreadBody(exchange));
  }

  /** A stage's own answer; one that comes too late is nobody's. */
  #answerEarly(exchange: Exchange, { response }: EarlyAnswer): void {
    if (exchange.finished || exchange.res.headersSent) return response.body.discard();
    this.#answerItself(exchange, response, this.draining || hasUnreadBody(exchange));
  }

  /** Whoever sends what must not be served is not heard again: nobody knows what the bytes behind it are. */
  #refuse(exchange: Exchange, refusal: GatewayError): void {
    this.#answerError(exchange, refusal, true);
  }

  /** Refuses a request in the middle of its body: the client is told, and whoever works on it. */
  refuseBody(exchange: Exchange, error: GatewayError): void {
    this.#refuse(exchange, error);
    exchange.cancellation.cancel(error);
  }

  #answerError(exchange: Exchange, thrown: unknown, closing: boolean): void {
    if (exchange.finished) return;
    const foreign = thrown instanceof GatewayError ? undefined : this.options.foreignProblem(thrown);
    if (foreign === undefined) exchange.error = asGatewayError(thrown);
    const { res } = exchange;
    if (res.headersSent) {
      cutReply(res, res.hasHeader('content-length'));
      this.#finish(exchange);
      return;
    }
    const { error } = exchange;
    const errorAnswer = exchange.errorAnswer ?? this.plan.unmatchedAnswer;
    const answer =
      errorAnswer === undefined || error === undefined
        ? problemResponse(exchange, foreign ?? problemOf(error as GatewayError))
        : errorAnswer(exchange, error);
    this.#answerItself(exchange, answer, closing);
  }

  #answerItself(exchange: Exchange, answer: UpstreamResponse, closing: boolean): void {
    const write = (_: Exchange, shaped: UpstreamResponse): void =>
      writeReply(exchange, this.#dress(exchange, shaped), closing, this.#done);
    shapeOwnAnswer(exchange, answer, write, this.#fail);
  }

  #dress(exchange: Exchange, response: UpstreamResponse): UpstreamResponse {
    const { transport } = this.options;
    const { dress } = exchange;
    const dressed = dress === undefined ? response : response.withHeaders(dress(exchange, response.headers));
    return transport === undefined ? dressed : transport.dress(exchange, dressed);
  }

  /** Answers a request that no route takes, also when Express found nobody for it either. */
  unmatched(exchange: Exchange): void {
    const { plan } = this;
    // Express had it for a route of the code whose host or version did not fit.
    if (exchange.handedOver && plan.declared !== undefined && this.#takeDeclared(exchange, plan.declared))
      return;
    exchange.dress = plan.dress;
    if (plan.codeRoutes.length === 0) plan.declared?.strand(exchange);
    const answer = unmatchedAnswer(exchange.method, plan.allowedMethods(exchange.path));
    if (answer instanceof GatewayError) this.fail(exchange, answer);
    else this.reply(exchange, answer);
  }

  /** Resolves when no exchange is in flight. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  readonly #reply = (exchange: Exchange, response: UpstreamResponse): void => this.reply(exchange, response);
  readonly #fail = (exchange: Exchange, error: unknown): void => this.fail(exchange, error);
  readonly #done = (exchange: Exchange, error: GatewayError | undefined): void => {
    if (error !== undefined) exchange.error = error;
    this.#finish(exchange);
  };

  /** A team's exception filter answers: Express gets the request with its error. */
  #deopt(next: Next): (exchange: Exchange, error: unknown) => void {
    return (exchange, error) => {
      if (error instanceof EarlyAnswer || exchange.finished || exchange.res.headersSent) {
        return this.fail(exchange, error);
      }
      exchange.error = asGatewayError(error);
      exchange.thrown = error;
      this.#handOver(exchange, next);
    };
  }

  /** Express writes the answer itself; all that is left to do is to see it finish. */
  #handOver(exchange: Exchange, next: Next): void {
    const res = exchange.res as ServerResponse;
    exchange.handedOver = true;
    if (this.draining) {
      takeNoMore(exchange.req.socket);
      res.setHeader('Connection', 'close');
    }
    res.setHeader('X-Correlation-ID', exchange.correlationId);
    dressReply(exchange, res);
    this.options.transport?.mark(res);
    res.once('finish', () => {
      if (exchange.finished) return;
      if (exchange.status === 0) exchange.status = res.statusCode;
      this.#finish(exchange);
    });
    next();
  }

  #open(exchange: Exchange): DownstreamConnection {
    this.#active++;
    attachExchange(exchange.req, exchange);
    exchange.inform = inform;
    if (exchange.body !== undefined) countReceived(exchange);
    const connection = DownstreamConnection.of(exchange.req.socket, this.#left, this.#sweep);
    connection.add(exchange);
    this.options.recorder.started(exchange);
    return connection;
  }

  #clientLeft(exchange: Exchange, reason: GatewayError): void {
    if (exchange.finished) return;
    exchange.cancellation.cancel(reason);
    // The forwarder may have told the sink, and the sink us.
    if (exchange.finished) return;
    exchange.error ??= reason;
    this.#finish(exchange);
  }

  /** The rest of an upload that has its answer already is worth no second one. */
  #bodyTooSlow(exchange: Exchange): void {
    if (exchange.finished) {
      exchange.req.socket.destroy();
      return;
    }
    this.refuseBody(exchange, new GatewayError('request-timeout', { detail: 'The body came too slowly.' }));
  }

  #finish(exchange: Exchange): void {
    if (exchange.finished) return;
    exchange.finished = true;
    if (exchange.error?.code === 'client-closed') exchange.status = exchange.error.status;
    const connection = DownstreamConnection.of(exchange.req.socket, this.#left, this.#sweep);
    connection.remove(exchange);
    exchange.tunnel?.release();
    exchange.settle();
    this.options.recorder.finished(exchange);
    this.#active--;
    if (this.#active === 0) this.#idle?.();
    connection.proceed();
  }
}

const SWITCHING = 101;

/** An upload that has its answer is not read to its end: the connection closes behind the answer. */
function hasUnreadBody(exchange: Exchange): boolean {
  return exchange.body !== undefined && !exchange.req.complete;
}
