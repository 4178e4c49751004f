import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { declaredStages } from '../../contracts/declared-stages.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { AUTHORIZE } from './authorize.options.js';
import { AuthorizePolicy } from './authorize.policy.js';

/**
 * Nest's door to the permission policy, for ordinary controllers: `@UseGuards(JwtAuthGuard, AuthorizeGuard)`
 * enforces the `@Authorize` or `@RequireScope` on the method or the controller.
 */
@Injectable()
export class AuthorizeGuard implements CanActivate, CompilableEnhancer {
  readonly #stages = declaredStages(new AuthorizePolicy());

  canActivate(context: ExecutionContext): true {
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    if (stage === undefined) return true;
    const req = context.switchToHttp().getRequest<IncomingMessage>();
    void stage(requireExchange(req, 'AuthorizeGuard'));
    return true;
  }

  /** None: on a proxy route the declaration it enforces stands on the route already. */
  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [];
  }

  portcullisEnforces(): readonly string[] {
    return [AUTHORIZE];
  }
}
