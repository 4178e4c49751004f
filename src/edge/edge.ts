import type { DownstreamReply, DownstreamRequest } from '../contracts/downstream.js';
import type { Exchange } from '../contracts/exchange.js';
import { exchangeOf } from '../contracts/exchange-of.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { UpstreamResponse } from '../contracts/upstream-response.js';
import type { Plan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import { Answerer, type AnswererOptions } from './answerer.js';
import { runDeclared } from './declared.runner.js';
import { EdgeState } from './edge-state.js';
import { ExchangesInFlight, type InFlightOptions } from './exchanges-in-flight.js';
import { ExpressHandover, type Next } from './express.handover.js';
import { type IntakeOptions, openExchange } from './intake.js';
import { takesMore } from './last-request.js';
import { goesNoFurther } from './max-forwards.js';
import { type Outlook, outlookOn } from './outlook.js';
import { runPreflight } from './preflight.runner.js';
import { ASTERISK } from './request-target.js';
import { runBefore, runRoute } from './route.runner.js';
import { optionsResponse, unmatchedAnswer } from './unmatched.response.js';
import { type TunnelObserver, Tunnels } from './upgrade/tunnels.js';

/** Answers a reserved path (`/health`) before any route is tried. */
export type ReservedHandler = (exchange: Exchange) => UpstreamResponse;

export interface EdgeOptions extends IntakeOptions, InFlightOptions, AnswererOptions {
  /** Told of tunnels. */
  readonly tunnels?: TunnelObserver;
  readonly reserved: ReadonlyMap<string, ReservedHandler>;
}

/**
 * The one way in and out of the gateway: every request opens an exchange here and every exchange is recorded here once.
 *
 * 1. intake  2. reserved paths, and what must not be served as it came  3. match  4. the compiled route, or Express  …  11. reply  12. record
 *
 * It takes requests and finds their routes itself; {@link Answerer}, {@link ExpressHandover} and {@link ExchangesInFlight} see to the rest.
 */
export class Edge {
  /** The connections that became WebSockets. */
  readonly tunnels: Tunnels;
  readonly #state = new EdgeState();
  readonly #inFlight: ExchangesInFlight;
  readonly #answerer: Answerer;
  readonly #express: ExpressHandover;
  /** What the gateway answers itself. */
  readonly #reserved: ReadonlyMap<string, ReservedHandler>;

  constructor(readonly options: EdgeOptions) {
    const { now, reserved, transport } = options;
    this.#reserved = new Map([...reserved, [ASTERISK, () => optionsResponse([])]]);
    this.tunnels = new Tunnels(now, options.tunnels);
    this.#inFlight = new ExchangesInFlight(options, (exchange, error) => this.refuseBody(exchange, error));
    this.#answerer = new Answerer(this.#state, this.#inFlight, this.tunnels, options);
    this.#express = new ExpressHandover(this.#state, this.#inFlight, this.#answerer, transport);
  }

  get plan(): Plan {
    return this.#state.plan;
  }

  set plan(plan: Plan) {
    this.#state.plan = plan;
  }

  get draining(): boolean {
    return this.#state.draining;
  }

  set draining(draining: boolean) {
    this.#state.draining = draining;
  }

  /** Exchanges in flight. */
  get active(): number {
    return this.#inFlight.active;
  }

  /** Resolves when no exchange is in flight. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
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
    const connection = this.#inFlight.open(exchange);
    if (refusal !== undefined) return this.#answerer.refuse(exchange, refusal);
    if (connection.mustWait) connection.wait(exchange, () => this.#serveLater(exchange, next));
    else this.#serve(exchange, next, outlook);
  }

  /** Where a request will go, for whoever has to know before it is taken: method, path and query as received. */
  outlook(method: string, url: string): Outlook | undefined {
    return outlookOn(this.plan, this.#reserved, method, url);
  }

  #serveLater(exchange: Exchange, next: Next): void {
    try {
      this.#serve(exchange, next);
    } catch (error) {
      this.fail(exchange, error);
    }
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
    if (method === 'OPTIONS' && runPreflight(exchange, plan, this.#answerer)) return;
    const match = outlook === undefined ? plan.match(method, path) : outlook.match;
    if (match === undefined) {
      if (runDeclared(exchange, plan, this.#answerer)) return;
      if (plan.fallsThrough) return this.#express.give(exchange, next);
      return this.#answerUnmatched(exchange, plan);
    }
    if (method === 'OPTIONS' && goesNoFurther(exchange.req)) {
      return this.reply(exchange, optionsResponse(plan.allowedMethods(path)));
    }

    // 4
    exchange.params = match.params;
    this.#run(exchange, match.value, next);
  }

  #run(exchange: Exchange, route: PlannedRoute, next: Next): void {
    exchange.route = route.facts;
    exchange.dress = route.dress;
    route.prepare(exchange);
    if (route.mode === 'compiled') {
      const fail = route.deopt ? this.#express.giveFailed(next) : this.#answerer.fail;
      return runRoute(route, exchange, this.#answerer.reply, fail);
    }
    // What an ordinary controller declares and the edge carries out; on a proxy route the gateway's guard runs it.
    const waiting = route.mode === 'foreign' ? runBefore(route.before, exchange) : undefined;
    if (waiting === undefined) return this.#express.give(exchange, next);
    waiting
      .then(() => this.#express.give(exchange, next))
      .catch((error) => this.#answerer.fail(exchange, error));
  }

  /** Answers a request that no route takes: Express found nobody for it either. */
  unmatched(exchange: Exchange): void {
    const { plan } = this;
    // Express had it for a route of the code whose host or version did not fit.
    if (exchange.handedOver && runDeclared(exchange, plan, this.#answerer)) return;
    this.#answerUnmatched(exchange, plan);
  }

  #answerUnmatched(exchange: Exchange, plan: Plan): void {
    exchange.dress = plan.dress;
    if (plan.codeRoutes.length === 0) plan.declared?.strand(exchange);
    const answer = unmatchedAnswer(exchange.method, plan.allowedMethods(exchange.path));
    if (answer instanceof GatewayError) this.fail(exchange, answer);
    else this.reply(exchange, answer);
  }

  /** Sends an answer; the exchange is recorded when its last byte was handed over. */
  reply(exchange: Exchange, response: UpstreamResponse): void {
    this.#answerer.reply(exchange, response);
  }

  /** Answers what was thrown over an exchange; see {@link Answerer.fail}. */
  fail(exchange: Exchange, thrown: unknown): void {
    this.#answerer.fail(exchange, thrown);
  }

  /** Refuses a request in the middle of its body: the client is told, and whoever works on it. */
  refuseBody(exchange: Exchange, error: GatewayError): void {
    this.#answerer.refuseBody(exchange, error);
  }
}
