import type { ErrorAnswer } from '../contracts/error-answer.js';
import type { Exchange } from '../contracts/exchange.js';
import type { PlannedRoute } from './planned-route.js';

/**
 * Routes beside those of the code, which is asked first. They may match by more than method and path, so they see the
 * whole exchange; all of them are compiled.
 */
export interface RouteSource {
  /** Every route, for the views. */
  readonly routes: readonly PlannedRoute[];
  /** Whether any of them takes WebSockets. */
  readonly upgrades: boolean;
  /** Writes errors of requests that no route takes, where the code has no routes at all. */
  readonly unmatchedAnswer: ErrorAnswer;
  /**
   * Finds the route that takes the request and puts it on the exchange; `undefined` when none does.
   *
   * @throws GatewayError when the route takes it in another way only, such as over TLS
   * @throws EarlyAnswer when the client is sent there
   */
  enter(exchange: Exchange): PlannedRoute | undefined;
  /** Puts on the exchange what becomes of a request that no route takes, where the code has no routes at all. */
  strand(exchange: Exchange): void;
}
