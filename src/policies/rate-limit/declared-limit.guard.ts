import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { declaredStages } from '../../contracts/declared-stages.js';
import type { Exchange } from '../../contracts/exchange.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import type { Policy, PolicyDeclaration } from '../../contracts/policy.js';
import { copyFields } from './copy-fields.js';

/**
 * Nest's door to a limit that routes declare, for ordinary controllers. On a proxy route the plan has counted the request
 * already, so it only lets pass; so does a second guard of the kind.
 */
export abstract class DeclaredLimitGuard implements CanActivate, CompilableEnhancer {
  readonly #stages;
  readonly #policy: string;
  readonly #seen: WeakSet<Exchange>;

  /** @param seen what any guard of the kind has counted: one may stand globally and another on the controller */
  protected constructor(policy: Policy<never>, seen: WeakSet<Exchange>) {
    this.#policy = policy.name;
    this.#stages = declaredStages(policy);
    this.#seen = seen;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    const http = context.switchToHttp();
    const exchange = requireExchange(http.getRequest<IncomingMessage>(), this.constructor.name);
    if (stage === undefined || exchange.route?.proxied === true || this.#seen.has(exchange)) return true;
    this.#seen.add(exchange);
    const before = exchange.replyHeaders.length;
    try {
      await stage(exchange);
    } finally {
      // An ordinary controller answers through Express, which knows nothing of the exchange.
      copyFields(exchange.replyHeaders, before, http.getResponse<ServerResponse>());
    }
    return true;
  }

  /** None: on a proxy route the declaration it enforces stands on the route already. */
  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [];
  }

  portcullisEnforces(): readonly string[] {
    return [this.#policy];
  }
}
