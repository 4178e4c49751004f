import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../config/gateway-settings.js';
import type { SecretFileVariable } from '../config/secret-files.js';
import { SecretFilesWatcher } from '../config/secret-files.watcher.js';
import type { Environment } from '../contracts/environment.js';
import { EVENTS, type EventFields, type EventLog, type EventName } from '../observability/events.js';
import type { ConsumerSources } from '../policies/authenticate/consumers/consumer.sources.js';
import type { IntrospectionFactory } from '../policies/authenticate/introspection/introspection.factory.js';
import type { JwtFactory } from '../policies/authenticate/jwt/jwt.factory.js';
import type { IdentitySigner } from '../policies/forward-identity/token/identity.signer.js';
import { consumerTexts } from './consumer-settings.js';
import { introspectionSettings } from './introspection-settings.js';
import { jwtSettings } from './jwt-settings.js';

export interface SecretRotationOptions {
  /** Which files there are. */
  readonly environment: Environment;
  readonly settings: GatewaySettings;
  readonly events: EventLog;
  readonly jwt: JwtFactory;
  readonly consumers: ConsumerSources;
  readonly signer: IdentitySigner;
  readonly introspection: IntrospectionFactory;
}

/** Lets the changed file of a secret take effect in the running gateway. */
export class SecretRotation implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #watcher: SecretFilesWatcher;
  readonly #jwt: JwtFactory;
  readonly #consumers: ConsumerSources;
  readonly #signer: IdentitySigner;
  readonly #introspection: IntrospectionFactory;
  #adminToken: GatewaySettings['admin']['token'];

  constructor({
    environment,
    settings,
    events,
    jwt,
    consumers,
    signer,
    introspection,
  }: SecretRotationOptions) {
    this.#jwt = jwt;
    this.#consumers = consumers;
    this.#signer = signer;
    this.#introspection = introspection;
    this.#adminToken = settings.admin.token;
    this.#watcher = new SecretFilesWatcher({
      environment,
      settings,
      take: (variable, changed) => this.#take(variable, changed),
      reloaded: (variable) => events.info(...this.#reloaded(variable)),
      refused: (variable, reasons) =>
        events.error(holdsConsumers(variable) ? EVENTS.consumersRefused : EVENTS.secretRefused, {
          variable,
          reasons,
        }),
    });
  }

  /** The admin port's token as it is now. */
  get adminToken(): string | undefined {
    return this.#adminToken?.reveal();
  }

  onApplicationBootstrap(): void {
    this.#watcher.start();
  }

  onApplicationShutdown(): void {
    this.#watcher.stop();
  }

  #take(variable: SecretFileVariable, settings: GatewaySettings): readonly string[] {
    switch (variable) {
      case 'CONSUMERS_FILE':
      case 'API_KEYS_FILE':
        return this.#consumers.change(consumerTexts(settings));
      case 'ADMIN_TOKEN_FILE':
        this.#adminToken = settings.admin.token;
        return [];
      case 'IDENTITY_KEY_FILE':
        return this.#signer.changeKey(settings.identity?.key.reveal() ?? '');
      case 'INTROSPECTION_CLIENT_SECRET_FILE': {
        const changed = introspectionSettings(settings);
        return changed === undefined ? [] : this.#introspection.changeSettings(changed);
      }
      case 'JWT_SECRET_FILE':
      case 'JWT_PUBLIC_KEY_FILE':
      case 'JWT_JWKS_FILE':
        return this.#jwt.changeSettings(jwtSettings(settings));
    }
  }

  #reloaded(variable: SecretFileVariable): [EventName, EventFields] {
    return holdsConsumers(variable)
      ? [EVENTS.consumersReloaded, { variable, consumers: this.#consumers.size }]
      : [EVENTS.secretReloaded, { variable }];
  }
}

function holdsConsumers(variable: SecretFileVariable): boolean {
  return variable === 'CONSUMERS_FILE' || variable === 'API_KEYS_FILE';
}
