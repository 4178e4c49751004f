import { type Provider } from '@nestjs/common';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { loadSettings } from '../config/load-settings.js';
import { CLOCK, type Clock, systemClock } from '../contracts/clock.js';
import type { Environment } from '../contracts/environment.js';
import { LIMIT_OBSERVER } from '../contracts/limit-observer.js';
import { SHARED_STATES } from '../contracts/redis-server.js';
import { LOG_FILES, REQUEST_LOG_OBSERVER } from '../contracts/request-log.js';
import { REQUEST_METER } from '../contracts/request-meter.js';
import { SHARED_STATE } from '../contracts/shared-state.js';
import { createObservability, type Observability } from '../observability/create-observability.js';
import { startTelemetry } from '../observability/telemetry.js';
import { API_KEY_SETTINGS } from '../policies/authenticate/api-key/api-key.stores.js';
import { DEFAULT_AUTHENTICATION, PRINCIPAL_STAND_IN } from '../policies/authenticate/authenticate.tokens.js';
import { CLIENTS_SHOW_CERTIFICATES } from '../policies/authenticate/client-certificate/client-certificate.factory.js';
import { CONSUMER_SETTINGS, ConsumerSources } from '../policies/authenticate/consumers/consumer.sources.js';
import { IntrospectionFactory } from '../policies/authenticate/introspection/introspection.factory.js';
import { INTROSPECTION_SETTINGS } from '../policies/authenticate/introspection/introspection.settings.js';
import { JwtFactory } from '../policies/authenticate/jwt/jwt.factory.js';
import { JWT_SETTINGS } from '../policies/authenticate/jwt/jwt.settings.js';
import { KEY_SET_OBSERVER } from '../policies/authenticate/jwt/key-set-observer.js';
import { DEFAULT_BODY_LIMIT } from '../policies/body-limit/body-limit.policy.js';
import { IdentitySigner } from '../policies/forward-identity/token/identity.signer.js';
import { OUTBOUND_OBSERVER } from '../policies/outbound/outbound.tokens.js';
import { TRANSFORM_OBSERVER } from '../policies/transform-response/transform-observer.js';
import { apiKeySettings, consumerTexts } from './consumer-settings.js';
import type { GatewayModuleOptions } from './gateway.options.js';
import {
  ENVIRONMENT,
  LAUNCH,
  type Launch,
  OBSERVABILITY,
  SETTINGS,
  STAND_INS,
  type StandIns,
} from './gateway.tokens.js';
import { introspectionSettings } from './introspection-settings.js';
import { jwtSettings, keySetEvents } from './jwt-settings.js';
import { RedisServers } from './redis-servers.js';
import { SecretRotation } from './secret-rotation.js';
import { SharedStateHolder } from './shared-state.js';
import { transformEvents } from './transform-events.js';

/** `createGateway` provides it; any other way to start an application does not. */
const LAUNCHED = { token: LAUNCH, optional: true };

/** What the module provides of its settings: read once, then handed to whoever works by them. */
export function settingsProviders(options: GatewayModuleOptions): Provider[] {
  return [
    {
      provide: ENVIRONMENT,
      inject: [LAUNCHED],
      useFactory: (launch?: Launch) => options.environment ?? launch?.environment ?? process.env,
    },
    {
      provide: SETTINGS,
      inject: [ENVIRONMENT],
      useFactory: (environment: Environment) => loadSettings(environment),
    },
    {
      provide: OBSERVABILITY,
      inject: [SETTINGS, ENVIRONMENT, LAUNCHED],
      useFactory: (settings: GatewaySettings, environment: Environment, launch?: Launch) =>
        options.observability ??
        launch?.observability ??
        createObservability(settings, { telemetry: startTelemetry(environment) }),
    },
    { provide: JWT_SETTINGS, inject: [SETTINGS], useFactory: jwtSettings },
    { provide: INTROSPECTION_SETTINGS, inject: [SETTINGS], useFactory: introspectionSettings },
    {
      provide: OUTBOUND_OBSERVER,
      inject: [OBSERVABILITY],
      useFactory: ({ observer }: Observability) => observer,
    },
    {
      provide: CONSUMER_SETTINGS,
      inject: [SETTINGS],
      useFactory: (settings: GatewaySettings) => ({
        declared: options.consumers,
        ...consumerTexts(settings),
      }),
    },
    { provide: API_KEY_SETTINGS, inject: [SETTINGS], useFactory: apiKeySettings },
    {
      provide: SharedStateHolder,
      inject: [SETTINGS, OBSERVABILITY],
      useFactory: (settings: GatewaySettings, { events }: Observability) =>
        new SharedStateHolder(settings, events),
    },
    {
      provide: SHARED_STATE,
      inject: [SharedStateHolder],
      useFactory: ({ state }: SharedStateHolder) => state,
    },
    {
      provide: RedisServers,
      inject: [OBSERVABILITY],
      useFactory: ({ events }: Observability) => new RedisServers(events),
    },
    { provide: SHARED_STATES, useExisting: RedisServers },
    {
      provide: LIMIT_OBSERVER,
      inject: [OBSERVABILITY],
      useFactory: ({ limits }: Observability) => limits,
    },
    {
      provide: REQUEST_LOG_OBSERVER,
      inject: [OBSERVABILITY],
      useFactory: ({ requestLogs }: Observability) => requestLogs,
    },
    { provide: REQUEST_METER, inject: [OBSERVABILITY], useFactory: ({ kong }: Observability) => kong },
    {
      provide: LOG_FILES,
      inject: [OBSERVABILITY],
      useFactory: ({ logFiles }: Observability) => logFiles,
    },
    {
      provide: KEY_SET_OBSERVER,
      inject: [OBSERVABILITY],
      useFactory: ({ events }: Observability) => keySetEvents(events),
    },
    {
      provide: TRANSFORM_OBSERVER,
      inject: [OBSERVABILITY, CLOCK],
      useFactory: ({ events }: Observability, clock: Clock) => transformEvents(events, clock),
    },
    {
      provide: DEFAULT_BODY_LIMIT,
      inject: [SETTINGS],
      useFactory: (settings: GatewaySettings) => settings.limits.bodyLimitBytes,
    },
    {
      provide: CLIENTS_SHOW_CERTIFICATES,
      inject: [SETTINGS],
      useFactory: (settings: GatewaySettings) => settings.tls?.clientAuth !== undefined,
    },
    {
      provide: STAND_INS,
      inject: [LAUNCHED],
      useFactory: (launch?: Launch): StandIns => launch?.standIns ?? {},
    },
    { provide: CLOCK, inject: [STAND_INS], useFactory: ({ clock }: StandIns) => clock ?? systemClock },
    {
      provide: PRINCIPAL_STAND_IN,
      inject: [STAND_INS],
      useFactory: ({ principalOf }: StandIns) => principalOf,
    },
    { provide: DEFAULT_AUTHENTICATION, useValue: options.authentication },
    {
      provide: IdentitySigner,
      inject: [SETTINGS, CLOCK],
      useFactory: ({ identity }: GatewaySettings, clock: Clock) =>
        new IdentitySigner(identity && { ...identity, key: identity.key.reveal() }, clock),
    },
    {
      provide: SecretRotation,
      inject: [
        SETTINGS,
        ENVIRONMENT,
        OBSERVABILITY,
        JwtFactory,
        ConsumerSources,
        IdentitySigner,
        IntrospectionFactory,
      ],
      useFactory: (
        settings: GatewaySettings,
        environment: Environment,
        { events }: Observability,
        jwt: JwtFactory,
        consumers: ConsumerSources,
        signer: IdentitySigner,
        introspection: IntrospectionFactory,
      ) => new SecretRotation({ settings, environment, events, jwt, consumers, signer, introspection }),
    },
  ];
}
