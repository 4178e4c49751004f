import { Inject, Injectable, Optional } from '@nestjs/common';
import { ConfigError } from '../../contracts/config-problem.js';
import type { CompiledPolicy, Policy, Stage, StageName } from '../../contracts/policy.js';
import { AUTHENTICATE, type AuthenticateOptions } from './authenticate.options.js';
import { authenticateStage } from './authenticate.stage.js';
import { AUTHENTICATION_METHODS, DEFAULT_AUTHENTICATION } from './authenticate.tokens.js';
import type { AuthenticationDescriptor, AuthenticationMethodFactory } from './authentication-method.js';

/** The identity policy: picks the method that was declared and turns it into a stage. */
@Injectable()
export class AuthenticatePolicy implements Policy<AuthenticateOptions> {
  readonly name = AUTHENTICATE;
  // Private to the language: an inspected provider must not show a secret.
  readonly #fallback: AuthenticationDescriptor | undefined;
  readonly #factories: ReadonlyMap<string, AuthenticationMethodFactory>;

  constructor(
    @Inject(AUTHENTICATION_METHODS) factories: readonly AuthenticationMethodFactory[],
    @Optional()
    @Inject(DEFAULT_AUTHENTICATION)
    fallback?: AuthenticationDescriptor,
  ) {
    this.#fallback = fallback;
    this.#factories = new Map(factories.map((factory) => [factory.method, factory]));
  }

  stage(): StageName {
    return 'identity';
  }

  check(options: AuthenticateOptions): readonly string[] {
    const chosen = options.method ?? this.#fallback;
    if (chosen === undefined) {
      return [
        'no authentication method is named and the gateway has no default; write @Authenticate(jwt()) or ' +
          'GatewayModule.forRoot({ authentication: jwt() }).',
      ];
    }
    const factory = this.#factories.get(chosen.method);
    if (factory === undefined) {
      const known = [...this.#factories.keys()].join(', ');
      return [
        `the authentication method ${JSON.stringify(chosen.method)} is not known; must be one of ${known}.`,
      ];
    }
    return factory.check(chosen.options);
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
    const { factory, chosen } = this.#resolve(options);
    return authenticateStage(factory.create(chosen.options));
  }

  describe(options: AuthenticateOptions): string {
    const { factory, chosen } = this.#resolve(options);
    return factory.describe(chosen.options);
  }

  #resolve(options: AuthenticateOptions) {
    const chosen = (options.method ?? this.#fallback) as AuthenticationDescriptor;
    return { chosen, factory: this.#factories.get(chosen.method) as AuthenticationMethodFactory };
  }
}
