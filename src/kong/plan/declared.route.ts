import { EarlyAnswer } from '../../contracts/early-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import { ForwardCall } from '../../contracts/forward-call.js';
import type { ResponseStage } from '../../contracts/policy.js';
import { headerValue } from '../../contracts/raw-headers.js';
import { EMPTY_BODY, UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { kongErrorAnswer } from '../answers/kong-error.answer.js';
import { KongTerms } from '../answers/kong-terms.js';
import type { KongRoute } from '../kong-configuration.js';
import { KongRefusal } from '../plugins/kong-refusal.js';
import type { KongInsecure, KongTaken } from '../routing/kong-match.js';
import { upstreamPath } from '../routing/upstream-path.js';
import { captureValues } from './capture-names.js';
import { grpcOnly, grpcsOnly, isGrpcRoute } from './grpc.stage.js';

/** A route of a Kong file in the plan, which puts itself on the exchanges it takes. */
export class DeclaredRoute {
  constructor(
    readonly planned: PlannedRoute,
    private readonly route: KongRoute,
    private readonly shape: ResponseStage | undefined,
    private readonly logs: readonly ((exchange: Exchange) => void)[],
  ) {}

  /** Has the log phase run when the exchange ends, however it ends. */
  watch(exchange: Exchange): void {
    for (const log of this.logs) exchange.atEnd(() => log(exchange));
  }

  take(exchange: Exchange, { matchedPath, captures }: KongTaken): void {
    const { facts } = this.planned;
    const { service, stripPath } = this.route;
    this.#enter(exchange, stripPath ? matchedPath : undefined);
    if (facts.paramNames.length > 0) exchange.params = captureValues(facts.paramNames, captures);
    const { method, path, query, body } = exchange;
    const target = upstreamPath(service?.path, matchedPath, path, stripPath);
    exchange.call = new ForwardCall(exchange, method, target, query, body);
    exchange.shapeOwnAnswer = this.shape;
  }

  /** @throws KongRefusal, or EarlyAnswer where the client is sent to https or reads its outcome elsewhere */
  refuse(exchange: Exchange, { statusCode }: KongInsecure): never {
    this.#enter(exchange, undefined);
    if (isGrpcRoute(this.route)) {
      grpcOnly(exchange);
      throw grpcsOnly();
    }
    const host = askedHost(exchange);
    // Whoever names no host cannot be sent to one.
    if (statusCode !== 426 && host !== '') throw new EarlyAnswer(movedToHttps(exchange, statusCode, host));
    throw new KongRefusal('upgrade-required', {
      status: 426,
      message: 'Please use HTTPS protocol',
      headers: ['Connection', 'Upgrade', 'Upgrade', 'TLS/1.2, HTTP/1.1'],
    });
  }

  #enter(exchange: Exchange, prefix: string | undefined): void {
    exchange.route = this.planned.facts;
    exchange.dress = this.planned.dress;
    exchange.errorAnswer = kongErrorAnswer;
    exchange.upstreamTerms = new KongTerms(exchange, this.route.preserveHost, prefix);
  }
}

const PORT = /:\d*$/;

/** The host that the client asked, by the word of a trusted proxy too; its port is where nobody speaks TLS. */
function askedHost({ req, forwarded }: Exchange): string {
  return (forwarded?.host ?? headerValue(req.rawHeaders, 'host') ?? '').replace(PORT, '');
}

/** The host is one that this route takes. */
function movedToHttps({ path, query }: Exchange, status: number, host: string): UpstreamResponse {
  return new UpstreamResponse(status, ['Location', `https://${host}${path}${query}`], EMPTY_BODY);
}
