import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { EarlyAnswer } from '../../contracts/early-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import { exchangeOf } from '../../contracts/exchange-of.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { Principal } from '../../contracts/principal.js';
import { bodyLost, recoverBody } from '../../edge/consumed-body.js';
import { dressReply, undressReply } from '../../edge/dress-reply.js';
import type { Edge } from '../../edge/edge.js';
import { runBefore } from '../../edge/route.runner.js';
import { paramValues } from '../../routing/path-pattern.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { handlerToken } from '../decorators/proxy-controller.decorator.js';
import { EdgeHolder } from '../edge.holder.js';
import { readHandlerBody } from './handler-body.js';
import { type ExpressRequest, RouteRegistry } from './route.registry.js';

type GuardedRequest = IncomingMessage &
  ExpressRequest & { user?: Principal; body?: unknown; rawBody?: Buffer };

/**
 * Runs the stages before the handler on the interpreted way. It is Nest's first global guard,
 * so a team's own guards find the principal and a shaped call.
 */
@Injectable()
export class GatewayGuard implements CanActivate {
  constructor(
    private readonly routes: RouteRegistry,
    private readonly holder: EdgeHolder,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const req = context.switchToHttp().getRequest<GuardedRequest>();
    const exchange = exchangeOf(req);
    const route = this.routes.routeOf(context.getHandler(), req, exchange);
    if (route === undefined) {
      // A proxy controller's handler without a plan was never judged: another class inherited it.
      if (handlerToken(context.getHandler()) !== undefined) throw unplanned(context);
      return true;
    }
    if (exchange === undefined) {
      // Without the edge nothing was judged, so nothing may pass.
      throw new GatewayError('internal', {
        cause: new Error('The request did not come through the gateway.'),
      });
    }
    // A compiled route already failed: a team's exception filter answers.
    if (exchange.thrown !== undefined) throw exchange.thrown;
    if (exchange.route !== route.facts) enterAgain(exchange, route, req);
    return this.#run(route, exchange, req).catch((error: unknown) => this.#answered(exchange, error));
  }

  async #run(route: PlannedRoute, exchange: Exchange, req: GuardedRequest): Promise<boolean> {
    const body = recoverBody(exchange, req);
    if (body === 'lost') throw bodyLost();
    if (body === 'recovered') route.prepare(exchange);
    const waiting = runBefore(route.before, exchange);
    if (waiting !== undefined) await waiting;
    if (exchange.principal !== undefined) req.user = exchange.principal;
    if (route.readsBody) await readHandlerBody(exchange, req);
    return true;
  }

  /**
   * Sends a stage's own answer. To Nest the guard then never decides: a refusal or a throw would be answered a second
   * time, by a team's filter. Nobody holds the promise, so it goes with the request.
   */
  #answered(exchange: Exchange, thrown: unknown): Promise<never> {
    if (!(thrown instanceof EarlyAnswer)) throw thrown;
    // There is an exchange, so there is an edge that made it.
    (this.holder.edge as Edge).fail(exchange, thrown);
    return new Promise(() => {});
  }
}

function unplanned(context: ExecutionContext): GatewayError {
  const name = `${context.getClass().name}.${context.getHandler().name}`;
  return new GatewayError('internal', {
    cause: new Error(`${name} is a proxy controller's handler on a class that is none.`),
  });
}

/** Express chose another route than the plan: the one whose handler runs is the one whose policies count. */
function enterAgain(exchange: Exchange, route: PlannedRoute, req: ExpressRequest): void {
  exchange.route = route.facts;
  exchange.params = paramValues(route.facts.paramNames, req.params ?? {});
  undressReply(exchange);
  exchange.dress = route.dress;
  dressReply(exchange, exchange.res as ServerResponse);
  route.prepare(exchange);
}
