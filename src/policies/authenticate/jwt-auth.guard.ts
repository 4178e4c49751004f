import type { IncomingMessage } from 'node:http';
import { type CanActivate, type ExecutionContext, Inject, Injectable, Optional } from '@nestjs/common';
import type { CompilableEnhancer } from '../../contracts/compilable-enhancer.js';
import type { Exchange } from '../../contracts/exchange.js';
import { requireExchange } from '../../contracts/exchange-of.js';
import { nearestDeclaration } from '../../contracts/nearest-declaration.js';
import { PerHandler } from '../../contracts/per-handler.js';
import type { PolicyDeclaration, Stage } from '../../contracts/policy.js';
import type { Principal } from '../../contracts/principal.js';
import { AUTHENTICATE, type AuthenticateOptions, authenticateWith } from './authenticate.options.js';
import { AuthenticatePolicy } from './authenticate.policy.js';
import { DEFAULT_AUTHENTICATION } from './authenticate.tokens.js';
import type { AuthenticationDescriptor } from './authentication-method.js';
import { JWT, jwt } from './jwt/jwt.options.js';

type UserRequest = IncomingMessage & { user?: Principal };

/**
 * Nest's door to the identity policy, for ordinary controllers: `@UseGuards(JwtAuthGuard)`.
 *
 * Runs the same stage as a proxy route and sets `req.user` to the principal. `@Public()` and `@Authenticate(…)` on
 * the method or the controller are honoured. On a proxy route it stands for `@Authenticate(jwt())`.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate, CompilableEnhancer {
  readonly #own: PolicyDeclaration;
  readonly #stages: PerHandler<Stage | undefined>;

  constructor(
    @Inject(AuthenticatePolicy) policy: AuthenticatePolicy,
    @Optional() @Inject(DEFAULT_AUTHENTICATION) fallback?: AuthenticationDescriptor,
  ) {
    const own = authenticateWith(fallback?.method === JWT ? fallback : jwt(), '@UseGuards(JwtAuthGuard)');
    this.#own = own;
    this.#stages = new PerHandler((handler, controller) => {
      const { options } = nearestDeclaration(AUTHENTICATE, handler, controller) ?? own;
      return options === undefined ? undefined : policy.stageFor(options as AuthenticateOptions);
    });
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const req = context.switchToHttp().getRequest<UserRequest>();
    const exchange = requireExchange(req, 'JwtAuthGuard');
    const stage = this.#stages.of(context.getHandler(), context.getClass());
    // A principal is there when the route's own identity stage ran before Nest's guards.
    const pending = exchange.principal === undefined ? stage?.(exchange) : undefined;
    return pending === undefined ? admit(req, exchange) : pending.then(() => admit(req, exchange));
  }

  portcullisPolicies(): readonly PolicyDeclaration[] {
    return [this.#own];
  }
}

function admit(req: UserRequest, exchange: Exchange): true {
  if (exchange.principal !== undefined) req.user = exchange.principal;
  return true;
}
