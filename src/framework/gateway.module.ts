import { type DynamicModule, Inject, Module, type NestModule, type Provider } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { loadSettings } from '../config/load-settings.js';
import { CLOCK, type Clock, systemClock } from '../contracts/clock.js';
import type { Environment } from '../contracts/environment.js';
import { IdentityHeaders } from '../contracts/identity-headers.js';
import type { Policy, PolicyDeclaration } from '../contracts/policy.js';
import { SHARED_STATE } from '../contracts/shared-state.js';
import { HealthModule } from '../health/health.module.js';
import { createObservability, type Observability } from '../observability/create-observability.js';
import { startTelemetry } from '../observability/telemetry.js';
import { API_KEY_SETTINGS } from '../policies/authenticate/api-key/api-key.stores.js';
import { authenticateWith } from '../policies/authenticate/authenticate.options.js';
import { AUTHENTICATE_PROVIDERS } from '../policies/authenticate/authenticate.providers.js';
import { DEFAULT_AUTHENTICATION, PRINCIPAL_STAND_IN } from '../policies/authenticate/authenticate.tokens.js';
import type { AuthenticationDescriptor } from '../policies/authenticate/authentication-method.js';
import { CLIENTS_SHOW_CERTIFICATES } from '../policies/authenticate/client-certificate/client-certificate.factory.js';
import type { ConsumerDeclaration } from '../policies/authenticate/consumers/consumer.declaration.js';
import { CONSUMER_SETTINGS, ConsumerSources } from '../policies/authenticate/consumers/consumer.sources.js';
import { IntrospectionFactory } from '../policies/authenticate/introspection/introspection.factory.js';
import { INTROSPECTION_SETTINGS } from '../policies/authenticate/introspection/introspection.settings.js';
import { JwtFactory } from '../policies/authenticate/jwt/jwt.factory.js';
import { JWT_SETTINGS } from '../policies/authenticate/jwt/jwt.settings.js';
import { KEY_SET_OBSERVER } from '../policies/authenticate/jwt/key-set-observer.js';
import { AuthorizeGuard } from '../policies/authorize/authorize.guard.js';
import { DEFAULT_BODY_LIMIT } from '../policies/body-limit/body-limit.policy.js';
import { ExternalAuthorizationGuard } from '../policies/external-authorization/external-authorization.guard.js';
import { ExternalAuthorizationPolicy } from '../policies/external-authorization/external-authorization.policy.js';
import { IdentitySigner } from '../policies/forward-identity/token/identity.signer.js';
import { IpRestrictionGuard } from '../policies/ip-restriction/ip-restriction.guard.js';
import { IpRestrictionPolicy } from '../policies/ip-restriction/ip-restriction.policy.js';
import { OUTBOUND_OBSERVER } from '../policies/outbound/outbound.tokens.js';
import { LIMIT_STORE_OBSERVER } from '../policies/rate-limit/limit-store.observer.js';
import { RateLimitModule, type RateLimitModuleOptions } from '../policies/rate-limit/rate-limit.module.js';
import { markEdgeControllers } from './compiler/ordinary-route.js';
import { PlanBuilder } from './compiler/plan.builder.js';
import { GLOBAL_DECLARATIONS, POLICIES, PolicyCatalogue } from './compiler/policy.catalogue.js';
import { apiKeySettings, consumerTexts } from './consumer-settings.js';
import { EdgeHolder } from './edge.holder.js';
import { edgeMiddleware } from './edge.middleware.js';
import { GatewayAdapter } from './gateway.adapter.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import {
  ENVIRONMENT,
  LAUNCH,
  type Launch,
  OBSERVABILITY,
  SETTINGS,
  STAND_INS,
  type StandIns,
} from './gateway.tokens.js';
import { GatewayGuard } from './interpreter/gateway.guard.js';
import { GatewayInterceptor } from './interpreter/gateway.interceptor.js';
import { GatewayExceptionFilter } from './interpreter/gateway-exception.filter.js';
import { RouteRegistry } from './interpreter/route.registry.js';
import { introspectionSettings } from './introspection-settings.js';
import { INVARIANTS } from './invariants/declared-invariants.check.js';
import type { Invariant } from './invariants/invariant.js';
import { jwtSettings, keySetEvents } from './jwt-settings.js';
import { limitStoreWatch } from './limit-store-watch.js';
import { POLICY_PROVIDERS, POLICY_TYPES } from './policies.js';
import { SecretRotation } from './secret-rotation.js';
import { SharedStateHolder } from './shared-state.js';
import { UpstreamRegistry } from './upstream.registry.js';

/** What the application says once for all its routes; every part is optional. */
export interface GatewayModuleOptions {
  /** How requests are authenticated on every proxy route that does not say otherwise. Default: each route must say. */
  readonly authentication?: AuthenticationDescriptor;
  /** The registered clients, beside those of `CONSUMERS_FILE` and `API_KEYS`. Credentials stand in them as digests only. */
  readonly consumers?: readonly ConsumerDeclaration[];
  /** Policies that hold on every proxy route unless a controller or method declares its own. */
  readonly defaults?: readonly PolicyDeclaration[];
  /** A team's own policies: classes that implement `Policy`. */
  readonly policies?: readonly (new (
    ...args: never[]
  ) => Policy)[];
  /** Rules that must hold over all proxy routes together; start names every route that breaks one. */
  readonly invariants?: readonly Invariant[];
  /** Options of @nestjs/throttler, its storage among them. */
  readonly rateLimit?: RateLimitModuleOptions;
  /** Where variables are read. Default: what `createGateway` was given, else `process.env`. */
  readonly environment?: Environment;
  /** Default: made from the settings. */
  readonly observability?: Observability;
}

/** The gateway in a Nest application: imported once, in the root module, beside the modules of the upstreams. */
@Module({})
export class GatewayModule implements NestModule {
  constructor(
    config: ApplicationConfig,
    guard: GatewayGuard,
    interceptor: GatewayInterceptor,
    filter: GatewayExceptionFilter,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    private readonly edge: EdgeHolder,
    private readonly discovery: DiscoveryService,
    private readonly catalogue: PolicyCatalogue,
  ) {
    // Registered while the container is built, so before every APP_GUARD and useGlobalGuards() of the application:
    // Nest runs guards and interceptors in this order and tries filters in the opposite one.
    config.addGlobalGuard(guard);
    config.addGlobalInterceptor(interceptor);
    config.addGlobalFilter(filter);
  }

  /** Everything that is wrong with the options, as with the routes, is listed when the application starts. */
  static forRoot(options: GatewayModuleOptions = {}): DynamicModule {
    return {
      module: GatewayModule,
      // Upstream modules need its providers wherever they stand.
      global: true,
      imports: [DiscoveryModule, HealthModule, RateLimitModule.forRoot(options.rateLimit)],
      providers: [
        ...settingsProviders(options),
        ...AUTHENTICATE_PROVIDERS,
        ...POLICY_PROVIDERS,
        AuthorizeGuard,
        IpRestrictionGuard,
        ExternalAuthorizationGuard,
        ...(options.policies ?? []),
        {
          provide: POLICIES,
          inject: [...POLICY_TYPES, ...(options.policies ?? [])],
          useFactory: (...policies: Policy[]) => policies,
        },
        { provide: GLOBAL_DECLARATIONS, useValue: globalDeclarations(options) },
        { provide: INVARIANTS, useValue: options.invariants ?? [] },
        IdentityHeaders,
        PolicyCatalogue,
        PlanBuilder,
        UpstreamRegistry,
        RouteRegistry,
        EdgeHolder,
        GatewayGuard,
        GatewayInterceptor,
        GatewayExceptionFilter,
        GatewayLifecycle,
      ],
      exports: [
        UpstreamRegistry,
        GatewayLifecycle,
        SETTINGS,
        OBSERVABILITY,
        ...AUTHENTICATE_PROVIDERS.map((provider) =>
          typeof provider === 'function' ? provider : provider.provide,
        ),
        DEFAULT_AUTHENTICATION,
        IdentityHeaders,
        PRINCIPAL_STAND_IN,
        CLOCK,
        SHARED_STATE,
        LIMIT_STORE_OBSERVER,
        AuthorizeGuard,
        IpRestrictionPolicy,
        IpRestrictionGuard,
        ExternalAuthorizationPolicy,
        ExternalAuthorizationGuard,
      ],
    };
  }

  configure(): void {
    markEdgeControllers(this.discovery, this.catalogue);
    const { httpAdapter } = this.host;
    // With the gateway's own adapter the edge stands in front of Express already.
    if (!(httpAdapter instanceof GatewayAdapter)) httpAdapter.use(edgeMiddleware(this.edge));
  }
}

/** `createGateway` provides it; any other way to start an application does not. */
const LAUNCHED = { token: LAUNCH, optional: true };

function settingsProviders(options: GatewayModuleOptions): Provider[] {
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
      provide: LIMIT_STORE_OBSERVER,
      inject: [SETTINGS, OBSERVABILITY],
      useFactory: ({ redis }: GatewaySettings, { events, limits }: Observability) => {
        if (redis !== undefined) limits.storeUp(true);
        return limitStoreWatch(events, limits);
      },
    },
    {
      provide: KEY_SET_OBSERVER,
      inject: [OBSERVABILITY],
      useFactory: ({ events }: Observability) => keySetEvents(events),
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

function globalDeclarations(options: GatewayModuleOptions): readonly PolicyDeclaration[] {
  const identity =
    options.authentication === undefined
      ? []
      : [authenticateWith(undefined, 'GatewayModule.forRoot({ authentication })')];
  return [...(options.defaults ?? []), ...identity];
}
