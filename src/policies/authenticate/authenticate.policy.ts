import { Inject, Injectable, Optional } from '@nestjs/common';
import { ConfigError } from '../../contracts/config-problem.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { CompiledPolicy, Policy, Stage, StageName } from '../../contracts/policy.js';
import type { Principal } from '../../contracts/principal.js';
import type { AccessRequirement } from '../../contracts/route-access.js';
import { AUTHENTICATE, type AuthenticateOptions } from './authenticate.options.js';
import { authenticateStage } from './authenticate.stage.js';
import { DEFAULT_AUTHENTICATION, PRINCIPAL_STAND_IN } from './authenticate.tokens.js';
import type { AuthenticationDescriptor } from './authentication-method.js';
import { AuthenticationMethods } from './authentication-methods.js';
import { methodRequirements } from './method-requirements.js';

/** Says in a test who an exchange is from. */
type PrincipalStandIn = (exchange: Exchange) => Principal | undefined;

/** The identity policy: picks the method that was declared and turns it into a stage. */
@Injectable()
export class AuthenticatePolicy implements Policy<AuthenticateOptions> {
  readonly name = AUTHENTICATE;
  // Private to the language: an inspected provider must not show a secret.
  readonly #methods: AuthenticationMethods;
  readonly #fallback: AuthenticationDescriptor | undefined;

  constructor(
    methods: AuthenticationMethods,
    @Optional()
    @Inject(DEFAULT_AUTHENTICATION)
    fallback?: AuthenticationDescriptor,
    @Optional() @Inject(PRINCIPAL_STAND_IN) private readonly standIn?: PrincipalStandIn,
  ) {
    this.#methods = methods;
    this.#fallback = fallback;
  }

  stage(): StageName {
    return 'identity';
  }

  check(options: AuthenticateOptions): readonly string[] {
    const chosen = options.method ?? this.#fallback;
    if (chosen !== undefined) return this.#methods.check(chosen);
    return [
      'no authentication method is named and the gateway has no default; write @Authenticate(jwt()) or ' +
        'GatewayModule.forRoot({ authentication: jwt() }).',
    ];
  }

  compile(options: AuthenticateOptions): CompiledPolicy {
    return { before: this.stageFor(options) };
  }

  /** The stage alone, for the guard. @throws ConfigError when `check` has something to say */
  stageFor(options: AuthenticateOptions): Stage {
    const problems = this.check(options);
    if (problems.length > 0) {
      throw new ConfigError(problems.map((message) => ({ where: this.name, message })));
    }
    const stage = authenticateStage(this.#methods.create(this.#chosen(options)));
    const { standIn } = this;
    if (standIn === undefined) return stage;
    return (exchange) => {
      const principal = standIn(exchange);
      if (principal === undefined) return stage(exchange);
      exchange.principal = principal;
    };
  }

  describe(options: AuthenticateOptions): string {
    return this.#methods.describe(this.#chosen(options));
  }

  access(options: AuthenticateOptions): readonly AccessRequirement[] {
    return methodRequirements(this.#chosen(options));
  }

  /** Only for options that {@link check} found sound. */
  #chosen(options: AuthenticateOptions): AuthenticationDescriptor {
    return (options.method ?? this.#fallback) as AuthenticationDescriptor;
  }
}
