import { Inject, Injectable, Optional } from '@nestjs/common';
import { CLOCK, type Clock, systemClock } from '../../../contracts/clock.js';
import { SHARED_STATE, type SharedState } from '../../../contracts/shared-state.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import type { ApiKeyStoreName } from './api-key.options.js';
import type { ApiKeyStore } from './api-key.store.js';
import { SharedApiKeyStore } from './shared-api-key.store.js';

/** How API keys are looked up where a route does not say. */
export interface ApiKeySettings {
  readonly store: ApiKeyStoreName;
  /** How long a key of Redis is taken without asking again: so late is a revoked one refused. */
  readonly cacheMs: number;
  /** How old a remembered key may be while Redis cannot be asked. */
  readonly staleMs: number;
}

/** Injects the ApiKeySettings. */
export const API_KEY_SETTINGS = Symbol('portcullis.api-key-settings');

export const API_KEY_SETTINGS_DEFAULTS: ApiKeySettings = Object.freeze({
  store: 'memory',
  cacheMs: 10_000,
  staleMs: 60_000,
});

/** The stores of API keys; what one remembers is shared by all routes. */
@Injectable()
export class ApiKeyStores {
  readonly #memory: ApiKeyStore;
  readonly #redis: ApiKeyStore | undefined;

  constructor(
    directory: ConsumerDirectory,
    @Optional()
    @Inject(API_KEY_SETTINGS)
    private readonly settings: ApiKeySettings = API_KEY_SETTINGS_DEFAULTS,
    @Optional() @Inject(SHARED_STATE) state?: SharedState,
    @Optional() @Inject(CLOCK) clock: Clock = systemClock,
  ) {
    this.#memory = { find: (digest) => directory.current.apiKey(digest) };
    this.#redis = state && new SharedApiKeyStore(state, directory, clock, settings);
  }

  nameOf(given: ApiKeyStoreName | undefined): ApiKeyStoreName {
    return given ?? this.settings.store;
  }

  check(given: ApiKeyStoreName | undefined): readonly string[] {
    return this.nameOf(given) === 'redis' && this.#redis === undefined
      ? ['API keys are looked up in Redis, but REDIS_URL is not set; set it, or take the store `memory`.']
      : [];
  }

  /** Only for a name that {@link check} found sound. */
  of(given: ApiKeyStoreName | undefined): ApiKeyStore {
    return this.nameOf(given) === 'redis' ? (this.#redis as ApiKeyStore) : this.#memory;
  }
}
