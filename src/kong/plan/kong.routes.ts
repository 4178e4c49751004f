import type { ErrorAnswer } from '../../contracts/error-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import type { RouteSource } from '../../routing/route-source.js';
import { kongUnmatchedAnswer } from '../answers/kong-error.answer.js';
import type { KongRoute } from '../kong-configuration.js';
import type { DeclaredRoute } from './declared.route.js';
import { ExchangeRequest } from './exchange-request.js';
import type { KongMatcher } from './kong-plan-parts.js';

/** The routes of a Kong file, found by Kong's own rules. */
export class KongRoutes implements RouteSource {
  readonly routes: readonly PlannedRoute[];
  readonly upgrades: boolean;
  readonly unmatchedAnswer: ErrorAnswer;

  constructor(
    private readonly declared: ReadonlyMap<KongRoute, DeclaredRoute>,
    private readonly matcher: KongMatcher,
    now: () => number,
  ) {
    this.routes = [...declared.values()].map(({ planned }) => planned);
    this.upgrades = this.routes.some(({ facts }) => facts.upgrades === true);
    this.unmatchedAnswer = kongUnmatchedAnswer(now);
  }

  enter(exchange: Exchange): PlannedRoute | undefined {
    const match = this.matcher.match(new ExchangeRequest(exchange));
    const found = match === undefined ? undefined : this.declared.get(match.route);
    if (match === undefined || found === undefined) return undefined;
    if (match.kind === 'insecure') return found.refuse(exchange, match);
    found.take(exchange, match);
    return found.planned;
  }
}
