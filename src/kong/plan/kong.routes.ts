import type { ErrorAnswer } from '../../contracts/error-answer.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import type { RouteSource } from '../../routing/route-source.js';
import { kongUnmatchedAnswer } from '../answers/kong-error.answer.js';
import type { KongRoute } from '../kong-configuration.js';
import type { DeclaredRoute } from './declared.route.js';
import { ExchangeRequest } from './exchange-request.js';
import type { KongMatcher, KongPlanParts } from './kong-plan-parts.js';
import type { Stranded } from './stranded.js';

/** The routes of a Kong file, found by Kong's own rules. */
export class KongRoutes implements RouteSource {
  readonly routes: readonly PlannedRoute[];
  readonly upgrades: boolean;
  readonly unmatchedAnswer: ErrorAnswer;
  readonly #matcher: KongMatcher;
  /** Exchanges under way, counted where somebody waits for the last. */
  #active = 0;
  #retired = false;

  constructor(
    private readonly declared: ReadonlyMap<KongRoute, DeclaredRoute>,
    private readonly stranded: Stranded,
    private readonly closers: readonly (() => void)[],
    { matcher, now }: Pick<KongPlanParts, 'matcher' | 'now'>,
  ) {
    this.#matcher = matcher;
    this.routes = [...declared.values()].map(({ planned }) => planned);
    this.upgrades = this.routes.some(({ facts }) => facts.upgrades === true);
    this.unmatchedAnswer = kongUnmatchedAnswer(now);
  }

  enter(exchange: Exchange): PlannedRoute | undefined {
    const match = this.#matcher.match(new ExchangeRequest(exchange));
    const found = match === undefined ? undefined : this.declared.get(match.route);
    if (match === undefined || found === undefined) return undefined;
    found.watch(exchange);
    // Behind the log phase, which may need what is given back then.
    if (this.closers.length > 0) this.#count(exchange);
    if (match.kind === 'insecure') return found.refuse(exchange, match);
    found.take(exchange, match);
    return found.planned;
  }

  strand(exchange: Exchange): void {
    this.stranded.take(exchange);
    if (this.closers.length > 0) this.#count(exchange);
  }

  /** No request comes any more: what plugins hold is given back behind the last that is under way. */
  retire(): void {
    this.#retired = true;
    if (this.#active === 0) this.#close();
  }

  #count(exchange: Exchange): void {
    this.#active++;
    exchange.atEnd(this.#left);
  }

  readonly #left = (): void => {
    this.#active--;
    if (this.#retired && this.#active === 0) this.#close();
  };

  #close(): void {
    for (const close of this.closers) close();
  }
}
