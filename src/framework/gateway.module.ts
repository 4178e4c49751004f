import { type DynamicModule, Inject, Module, type NestModule } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { CLOCK } from '../contracts/clock.js';
import { IdentityHeaders } from '../contracts/identity-headers.js';
import { LIMIT_OBSERVER } from '../contracts/limit-observer.js';
import type { Policy, PolicyDeclaration } from '../contracts/policy.js';
import { SHARED_STATES } from '../contracts/redis-server.js';
import { SHARED_STATE } from '../contracts/shared-state.js';
import { HealthModule } from '../health/health.module.js';
import { authenticateWith } from '../policies/authenticate/authenticate.options.js';
import { AUTHENTICATE_PROVIDERS } from '../policies/authenticate/authenticate.providers.js';
import { DEFAULT_AUTHENTICATION, PRINCIPAL_STAND_IN } from '../policies/authenticate/authenticate.tokens.js';
import { AuthorizeGuard } from '../policies/authorize/authorize.guard.js';
import { ExternalAuthorizationGuard } from '../policies/external-authorization/external-authorization.guard.js';
import { ExternalAuthorizationPolicy } from '../policies/external-authorization/external-authorization.policy.js';
import { IpRestrictionGuard } from '../policies/ip-restriction/ip-restriction.guard.js';
import { IpRestrictionPolicy } from '../policies/ip-restriction/ip-restriction.policy.js';
import { RateLimitModule } from '../policies/rate-limit/rate-limit.module.js';
import { markEdgeControllers } from './compiler/ordinary-route.js';
import { PlanBuilder } from './compiler/plan.builder.js';
import { GLOBAL_DECLARATIONS, POLICIES, PolicyCatalogue } from './compiler/policy.catalogue.js';
import { EdgeHolder } from './edge.holder.js';
import { edgeMiddleware } from './edge.middleware.js';
import { GatewayAdapter } from './gateway.adapter.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import type { GatewayModuleOptions } from './gateway.options.js';
import { OBSERVABILITY, SETTINGS } from './gateway.tokens.js';
import { GatewayGuard } from './interpreter/gateway.guard.js';
import { GatewayInterceptor } from './interpreter/gateway.interceptor.js';
import { GatewayExceptionFilter } from './interpreter/gateway-exception.filter.js';
import { RouteRegistry } from './interpreter/route.registry.js';
import { INVARIANTS } from './invariants/declared-invariants.check.js';
import { DECLARED_ROUTES_PROVIDER } from './kong/declared-routes.provider.js';
import { POLICY_PROVIDERS, POLICY_TYPES } from './policies.js';
import { settingsProviders } from './settings.providers.js';
import { UpstreamRegistry } from './upstream.registry.js';

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
        DECLARED_ROUTES_PROVIDER,
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
        LIMIT_OBSERVER,
        SHARED_STATE,
        SHARED_STATES,
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

function globalDeclarations(options: GatewayModuleOptions): readonly PolicyDeclaration[] {
  const identity =
    options.authentication === undefined
      ? []
      : [authenticateWith(undefined, 'GatewayModule.forRoot({ authentication })')];
  return [...(options.defaults ?? []), ...identity];
}
