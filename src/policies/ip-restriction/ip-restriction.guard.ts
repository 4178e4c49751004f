import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { declaredStages } from '../../contracts/declared-stages.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { IP_RESTRICTION } from './ip-restriction.decorator.js';
import { IpRestrictionPolicy } from './ip-restriction.policy.js';

/**
 * Nest's door to restrictions by address, for ordinary controllers: `@UseGuards(IpRestrictionGuard)` enforces the
 * `@IpRestriction` on the method or the controller. Name it before guards that look at credentials.
 */
@Injectable()
export class IpRestrictionGuard implements CanActivate, CompilableEnhancer {
  readonly #stages;

  constructor(policy: IpRestrictionPolicy) {
    this.#stages = declaredStages(policy);
  }

  canActivate(context: ExecutionContext): true {
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    if (stage === undefined) return true;
    const req = context.switchToHttp().getRequest<IncomingMessage>();
    void stage(requireExchange(req, 'IpRestrictionGuard'));
    return true;
  }

  /** None: on a proxy route the declaration it enforces stands on the route already. */
  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [];
  }

  portcullisEnforces(): readonly string[] {
    return [IP_RESTRICTION];
  }
}
