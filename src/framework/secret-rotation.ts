import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { GatewaySettings } from '../config/gateway-settings.js';
import type { SecretFileVariable } from '../config/secret-files.js';
import { SecretFilesWatcher } from '../config/secret-files.watcher.js';
import type { Environment } from '../contracts/environment.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import type { IntrospectionFactory } from '../policies/authenticate/introspection/introspection.factory.js';
import type { JwtFactory } from '../policies/authenticate/jwt/jwt.factory.js';
import { introspectionSettings } from './introspection-settings.js';
import { jwtSettings } from './jwt-settings.js';

export interface SecretRotationOptions {
  /** Which files there are. */
  readonly environment: Environment;
  readonly settings: GatewaySettings;
  readonly events: EventLog;
  readonly jwt: JwtFactory;
  readonly introspection: IntrospectionFactory;
}

/** Lets the changed file of a secret take effect in the running gateway: the key of tokens, the admin token, the
 * gateway's own password where it asks about tokens. */
export class SecretRotation implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #watcher: SecretFilesWatcher;
  readonly #jwt: JwtFactory;
  readonly #introspection: IntrospectionFactory;
  #adminToken: GatewaySettings['admin']['token'];

  constructor({ environment, settings, events, jwt, introspection }: SecretRotationOptions) {
    this.#jwt = jwt;
    this.#introspection = introspection;
    this.#adminToken = settings.admin.token;
    this.#watcher = new SecretFilesWatcher({
      environment,
      settings,
      take: (variable, changed) => this.#take(variable, changed),
      reloaded: (variable) => events.info(EVENTS.secretReloaded, { variable }),
      refused: (variable, reasons) => events.error(EVENTS.secretRefused, { variable, reasons }),
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
      case 'ADMIN_TOKEN_FILE':
        this.#adminToken = settings.admin.token;
        return [];
      case 'INTROSPECTION_CLIENT_SECRET_FILE': {
        const changed = introspectionSettings(settings);
        return changed === undefined ? [] : this.#introspection.changeSettings(changed);
      }
      default:
        return this.#jwt.changeSettings(jwtSettings(settings));
    }
  }
}
