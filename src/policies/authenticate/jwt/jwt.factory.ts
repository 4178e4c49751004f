import { Inject, Injectable, Optional } from '@nestjs/common';
import { ConfigError } from '../../../contracts/config-problem.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { JwtMethod } from './jwt.method.js';
import { JWT, type JwtOptions } from './jwt.options.js';
import { JWT_SETTINGS, type JwtSettings, NO_JWT_SETTINGS } from './jwt.settings.js';
import { configureJwt, resolveJwt } from './jwt-configuration.js';

/** Makes JWT methods: one for each distinct configuration, shared by every route that declares it. */
@Injectable()
export class JwtFactory implements AuthenticationMethodFactory<JwtOptions> {
  readonly method = JWT;
  readonly #made = new Map<string, JwtMethod>();

  // Private to the language: an inspected provider must not show a secret.
  readonly #settings: JwtSettings;

  constructor(@Optional() @Inject(JWT_SETTINGS) settings: JwtSettings = NO_JWT_SETTINGS) {
    this.#settings = settings;
  }

  check(options: JwtOptions): readonly string[] {
    const configured = configureJwt(options, this.#settings);
    return isProblems(configured) ? configured : [];
  }

  /** @throws ConfigError when `check` has something to say */
  create(options: JwtOptions): AuthenticationMethod {
    const name = JSON.stringify(resolveJwt(options, this.#settings));
    const made = this.#made.get(name);
    if (made !== undefined) return made;
    const configured = configureJwt(options, this.#settings);
    if (isProblems(configured)) {
      throw new ConfigError(configured.map((message) => ({ where: JWT, message })));
    }
    const method = new JwtMethod(configured);
    this.#made.set(name, method);
    return method;
  }

  describe(options: JwtOptions): string {
    const { issuer, audience } = resolveJwt(options, this.#settings);
    const from = issuer === undefined ? '' : ` from ${issuer}`;
    const meant =
      audience === undefined || audience === 'any' ? '' : ` for ${[audience].flat().join(' or ')}`;
    return `jwt${from}${meant}`;
  }
}

function isProblems(value: object): value is readonly string[] {
  return Array.isArray(value);
}
