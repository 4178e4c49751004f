import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { declaredStages } from '../../contracts/declared-stages.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { EXTERNAL_AUTHORIZATION } from './external-authorization.decorator.js';
import { ExternalAuthorizationPolicy } from './external-authorization.policy.js';

/**
 * Nest's door to external authorization, for ordinary controllers: `@UseGuards(ExternalAuthorizationGuard)` enforces the
 * `@ExternalAuthorization` on the method or the controller. What it gives for the upstream stands in `req.headers`.
 */
@Injectable()
export class ExternalAuthorizationGuard implements CanActivate, CompilableEnhancer {
  readonly #stages;

  constructor(policy: ExternalAuthorizationPolicy) {
    this.#stages = declaredStages(policy);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    if (stage === undefined) return true;
    const req = context.switchToHttp().getRequest<IncomingMessage>();
    const exchange = requireExchange(req, 'ExternalAuthorizationGuard');
    // On a proxy route the plan has asked already.
    const pending = exchange.route?.proxied === true ? undefined : stage(exchange);
    return pending === undefined ? true : pending.then(() => true as const);
  }

  /** None: on a proxy route the declaration it enforces stands on the route already. */
  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [];
  }

  portcullisEnforces(): readonly string[] {
    return [EXTERNAL_AUTHORIZATION];
  }
}
