import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import { ConfigError } from '../../contracts/config-problem.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import { nearestDeclaration } from '../../contracts/nearest-declaration.js';
import { PerHandler } from '../../contracts/per-handler.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { AUTHORIZE, type AuthorizeOptions, checkAuthorize } from './authorize.options.js';
import { authorizeStage } from './authorize.stage.js';

/**
 * Nest's door to the permission policy, for ordinary controllers: `@UseGuards(JwtAuthGuard, AuthorizeGuard)`
 * enforces the `@Authorize` or `@RequireScope` on the method or the controller.
 */
@Injectable()
export class AuthorizeGuard implements CanActivate, CompilableEnhancer {
  readonly #stages = new PerHandler((handler, controller) =>
    stageOf(nearestDeclaration(AUTHORIZE, handler, controller)),
  );

  canActivate(context: ExecutionContext): true {
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    if (stage === undefined) return true;
    const req = context.switchToHttp().getRequest<IncomingMessage>();
    stage(requireExchange(req, 'AuthorizeGuard'));
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

function stageOf(declaration: PolicyDeclaration | undefined) {
  const options = declaration?.options as AuthorizeOptions | undefined;
  if (options === undefined) return undefined;
  const problems = checkAuthorize(options);
  if (problems.length > 0) {
    throw new ConfigError(
      problems.map((message) => ({ where: declaration?.writtenAs ?? AUTHORIZE, message })),
    );
  }
  return authorizeStage(options);
}
