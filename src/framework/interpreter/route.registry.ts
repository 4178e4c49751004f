import { Injectable } from '@nestjs/common';
import type { Exchange } from '../../contracts/exchange.js';
import type { PlannedRoute } from '../../routing/planned-route.js';

/** What Express adds to a request and the registry reads. */
export interface ExpressRequest {
  readonly route?: { readonly path?: unknown };
  readonly params?: Readonly<Record<string, string | string[]>>;
}

/** The planned routes by their handler functions: how Nest's execution context finds its way back to the plan. */
@Injectable()
export class RouteRegistry {
  #byHandler: ReadonlyMap<object, readonly PlannedRoute[]> = new Map();

  replace(byHandler: ReadonlyMap<object, readonly PlannedRoute[]>): void {
    this.#byHandler = byHandler;
  }

  /** The route that is running; `undefined` for a handler that is no proxy controller's. */
  routeOf(handler: object, req: ExpressRequest, exchange: Exchange | undefined): PlannedRoute | undefined {
    const routes = this.#byHandler.get(handler);
    if (routes === undefined) return undefined;
    const path = req.route?.path;
    return (
      routes.find((route) => route.facts === exchange?.route) ??
      routes.find((route) => route.facts.path === path) ??
      routes[0]
    );
  }
}
