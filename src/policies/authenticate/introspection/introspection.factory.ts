import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import { ConfigError } from '../../../contracts/config-problem.js';
import { SILENT_OBSERVER, type UpstreamObserver } from '../../../contracts/upstream-observer.js';
import { Callout } from '../../outbound/callout.js';
import { calloutBreaker } from '../../outbound/callout-breaker.js';
import { OUTBOUND_OBSERVER } from '../../outbound/outbound.tokens.js';
import { AUTHENTICATE } from '../authenticate.options.js';
import type { AuthenticationMethod, AuthenticationMethodFactory } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import type { IntrospectedToken } from './introspected-token.js';
import { IntrospectionMethod } from './introspection.method.js';
import { INTROSPECTION, type IntrospectionOptions } from './introspection.options.js';
import { INTROSPECTION_SETTINGS, type IntrospectionSettings } from './introspection.settings.js';
import { configureIntrospection, type IntrospectionConfiguration } from './introspection-configuration.js';
import type { IntrospectionRefusal } from './introspection-refusal.js';

interface Made {
  readonly options: IntrospectionOptions;
  readonly method: IntrospectionMethod;
  readonly callout: Callout<IntrospectedToken | IntrospectionRefusal>;
}

/** Makes introspection methods: one for each distinct declaration, shared by every route that writes it. */
@Injectable()
export class IntrospectionFactory
  implements AuthenticationMethodFactory<IntrospectionOptions>, OnApplicationShutdown
{
  readonly method = INTROSPECTION;
  // Private to the language: an inspected provider must not show a secret.
  readonly #made = new Map<string, Made>();
  #settings: IntrospectionSettings | undefined;

  constructor(
    private readonly consumers: ConsumerDirectory,
    @Optional() @Inject(INTROSPECTION_SETTINGS) settings?: IntrospectionSettings,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
    @Optional() @Inject(OUTBOUND_OBSERVER) private readonly observer: UpstreamObserver = SILENT_OBSERVER,
  ) {
    this.#settings = settings;
  }

  check(options: IntrospectionOptions): readonly string[] {
    const configured = configureIntrospection(options, this.#settings);
    return isProblems(configured) ? configured : [];
  }

  /** @throws ConfigError when `check` has something to say */
  create(options: IntrospectionOptions): AuthenticationMethod {
    const name = JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
    const made = this.#made.get(name);
    if (made !== undefined) return made.method;
    const configured = configureIntrospection(options, this.#settings);
    if (isProblems(configured)) {
      throw new ConfigError(configured.map((message) => ({ where: INTROSPECTION, message })));
    }
    const { server, breaker } = configured;
    const callout = new Callout<IntrospectedToken | IntrospectionRefusal>(
      AUTHENTICATE,
      calloutBreaker(INTROSPECTION, server.url, breaker, this.observer, this.clock),
    );
    const method = new IntrospectionMethod(configured, callout, this.consumers, this.clock);
    this.#made.set(name, { options, method, callout });
    return method;
  }

  describe(options: IntrospectionOptions): string {
    const configured = configureIntrospection(options, this.#settings) as IntrospectionConfiguration;
    const { audience, opaqueOnly, server } = configured;
    const meant = audience === undefined ? '' : ` for ${audience.join(' or ')}`;
    return `introspection at ${new URL(server.url).host}${meant}${opaqueOnly ? ', opaque tokens only' : ''}`;
  }

  /** Gives new client credentials to every method that asks the gateway's own server. */
  changeSettings(settings: IntrospectionSettings): readonly string[] {
    this.#settings = settings;
    for (const { options, method } of this.#made.values()) {
      if (options.url === undefined) method.changeClient(settings);
    }
    return [];
  }

  onApplicationShutdown(): void {
    for (const { callout } of this.#made.values()) callout.shutdown();
  }
}

function isProblems(value: object): value is readonly string[] {
  return Array.isArray(value);
}
