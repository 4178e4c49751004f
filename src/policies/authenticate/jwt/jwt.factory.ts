import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import { ConfigError } from '../../../contracts/config-problem.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { JwtMethod } from './jwt.method.js';
import { JWT, type JwtOptions } from './jwt.options.js';
import { JWT_SETTINGS, type JwtSettings, NO_JWT_SETTINGS } from './jwt.settings.js';
import {
  configureJwt,
  hasOwnKey,
  isProblems,
  type JwtConfiguration,
  resolveJwt,
} from './jwt-configuration.js';
import { KEY_SET_OBSERVER, type KeySetObserver } from './key-set-observer.js';
import { RemoteKeySets } from './remote-key-sets.js';

interface Made {
  readonly options: JwtOptions;
  readonly method: JwtMethod;
}

/** Makes JWT methods: one for each distinct configuration, shared by every route that declares it. */
@Injectable()
export class JwtFactory implements AuthenticationMethodFactory<JwtOptions>, OnApplicationShutdown {
  readonly method = JWT;
  readonly #made = new Map<string, Made>();

  // Private to the language: an inspected provider must not show a secret.
  #settings: JwtSettings;
  readonly #remote: RemoteKeySets;

  constructor(
    @Optional() @Inject(JWT_SETTINGS) settings: JwtSettings = NO_JWT_SETTINGS,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
    @Optional() @Inject(KEY_SET_OBSERVER) observer?: KeySetObserver,
    @Optional() private readonly consumers = new ConsumerDirectory(),
  ) {
    this.#settings = settings;
    this.#remote = new RemoteKeySets(clock, observer);
  }

  onApplicationShutdown(): void {
    this.#remote.stop();
  }

  check(options: JwtOptions): readonly string[] {
    return problemsOf(options, this.#settings);
  }

  /** @throws ConfigError when `check` has something to say */
  create(options: JwtOptions): AuthenticationMethod {
    const name = this.#nameOf(options);
    const made = this.#made.get(name);
    if (made !== undefined) return made.method;
    const configured = configureJwt(options, this.#settings);
    if (isProblems(configured)) {
      throw new ConfigError(configured.map((message) => ({ where: JWT, message })));
    }
    const method = new JwtMethod(configured, this.clock, this.#remote, this.consumers);
    this.#made.set(name, { options, method });
    return method;
  }

  /**
   * Gives a new key to every method that verifies with the gateway's own, at once, or to none of them.
   *
   * @returns why the settings cannot be used, in plain words; empty when they are at work
   */
  changeSettings(settings: JwtSettings): readonly string[] {
    const problems = new Set(problemsOf({}, settings));
    const changes: [JwtMethod, JwtConfiguration][] = [];
    for (const { options, method } of this.#made.values()) {
      if (hasOwnKey(options)) continue;
      const configured = configureJwt(options, settings);
      if (isProblems(configured)) for (const problem of configured) problems.add(problem);
      else changes.push([method, configured]);
    }
    if (problems.size > 0) return [...problems];
    this.#settings = settings;
    for (const [method, configuration] of changes) method.changeKey(configuration);
    return [];
  }

  describe(options: JwtOptions): string {
    const { issuer, issuers = [], audience } = resolveJwt(options, this.#settings);
    const names = issuers.length > 0 ? issuers.map((each) => each.issuer) : [issuer ?? []].flat();
    const from = names.length === 0 ? '' : ` from ${names.join(' or ')}`;
    const meant =
      audience === undefined || audience === 'any' ? '' : ` for ${[audience].flat().join(' or ')}`;
    return `jwt${from}${meant}`;
  }

  /** Equal configurations have one name, and keep it when the gateway's key changes. */
  #nameOf(options: JwtOptions): string {
    if (hasOwnKey(options)) return `own ${JSON.stringify(resolveJwt(options, this.#settings))}`;
    return `gateway ${JSON.stringify({ ...resolveJwt(options, this.#settings), ...NO_KEY })}`;
  }
}

const NO_KEY = { secret: undefined, publicKey: undefined, jwks: undefined } as const;

function problemsOf(options: JwtOptions, settings: JwtSettings): readonly string[] {
  const configured = configureJwt(options, settings);
  return isProblems(configured) ? configured : [];
}
