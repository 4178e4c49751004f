import { Inject, Injectable } from '@nestjs/common';
import { AUTHENTICATION_METHODS } from './authenticate.tokens.js';
import type {
  AuthenticationDescriptor,
  AuthenticationMethod,
  AuthenticationMethodFactory,
  AuthenticationMethodMaker,
} from './authentication-method.js';

/** Every kind of authentication method this gateway knows, by name. */
@Injectable()
export class AuthenticationMethods implements AuthenticationMethodMaker {
  // Private to the language: an inspected provider must not show a secret.
  readonly #factories: ReadonlyMap<string, AuthenticationMethodFactory>;

  constructor(@Inject(AUTHENTICATION_METHODS) factories: readonly AuthenticationMethodFactory[]) {
    this.#factories = new Map(factories.map((factory) => [factory.method, factory]));
  }

  check(descriptor: AuthenticationDescriptor): readonly string[] {
    const factory = this.#factories.get(descriptor?.method);
    if (factory !== undefined) return factory.check(descriptor.options, this);
    const known = [...this.#factories.keys()].join(', ');
    return [
      `the authentication method ${JSON.stringify(descriptor?.method)} is not known; must be one of ${known}.`,
    ];
  }

  create(descriptor: AuthenticationDescriptor): AuthenticationMethod {
    return this.#factoryOf(descriptor).create(descriptor.options, this);
  }

  describe(descriptor: AuthenticationDescriptor): string {
    return this.#factoryOf(descriptor).describe(descriptor.options, this);
  }

  /** Only for descriptors that {@link check} found sound. */
  #factoryOf({ method }: AuthenticationDescriptor): AuthenticationMethodFactory {
    return this.#factories.get(method) as AuthenticationMethodFactory;
  }
}
