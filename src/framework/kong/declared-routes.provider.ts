import type { Provider } from '@nestjs/common';
import type { GatewaySettings } from '../../config/gateway-settings.js';
import type { Environment } from '../../contracts/environment.js';
import type { Observability } from '../../observability/create-observability.js';
import { PolicyCatalogue } from '../compiler/policy.catalogue.js';
import { ENVIRONMENT, OBSERVABILITY, SETTINGS } from '../gateway.tokens.js';
import { UpstreamRegistry } from '../upstream.registry.js';
import { DeclaredRoutes } from './declared-routes.js';
import { KongPolicies } from './kong.policies.js';
import { KongUpstreams } from './kong.upstreams.js';
import { KONG_MAPPINGS } from './kong-mappings.js';

/** The declarative routes of an application, on its own policies and upstreams. */
export const DECLARED_ROUTES_PROVIDER: Provider = {
  provide: DeclaredRoutes,
  inject: [SETTINGS, ENVIRONMENT, OBSERVABILITY, PolicyCatalogue, UpstreamRegistry],
  useFactory: (
    settings: GatewaySettings,
    environment: Environment,
    { events }: Observability,
    catalogue: PolicyCatalogue,
    registry: UpstreamRegistry,
  ) =>
    new DeclaredRoutes({
      settings: settings.declarative,
      environment,
      events,
      mappings: KONG_MAPPINGS,
      policies: new KongPolicies(catalogue),
      upstreams: new KongUpstreams(registry),
      reserved: reservedPaths(settings),
      bodyLimitBytes: settings.limits.bodyLimitBytes,
      now: () => performance.now(),
    }),
};

function reservedPaths({ traffic: { healthPath }, identity }: GatewaySettings): readonly string[] {
  const health = [healthPath, `${healthPath}/ready`, `${healthPath}/live`];
  return identity === undefined ? health : [...health, identity.jwksPath];
}
