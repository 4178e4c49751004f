import type { INestApplication } from '@nestjs/common';
import { AdminServer, type AdminView, answer, jsonView } from '../admin/admin.server.js';
import { routeViews } from '../admin/route.view.js';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { HealthDetails, type HealthSubjects } from '../health/health.details.js';
import type { Observability } from '../observability/create-observability.js';
import { EVENTS } from '../observability/events.js';
import { Limits } from '../policies/rate-limit/limits.js';
import type { GatewayLifecycle } from './gateway.lifecycle.js';
import { limitsView } from './limits.view.js';
import { SecretRotation } from './secret-rotation.js';
import { SharedStateHolder } from './shared-state.js';
import { UpstreamRegistry } from './upstream.registry.js';

/** The admin port of an application, with every view it offers. */
export function adminServerOf(
  app: INestApplication,
  settings: GatewaySettings,
  observability: Observability,
  lifecycle: GatewayLifecycle,
): AdminServer {
  const upstreams = app.get(UpstreamRegistry, { strict: false });
  const details = app.get(HealthDetails, { strict: false });
  const shared = app.get(SharedStateHolder, { strict: false });
  const views = new Map<string, AdminView>([
    ['/metrics', { open: true, handle: (req, res) => observability.metricsHandler(req, res) }],
    [
      '/health',
      healthView(details, () => ({ upstreams: upstreams.status(), redisConnected: shared.connected })),
    ],
    ['/routes', jsonView(() => routeViews(lifecycle.plannedRoutes))],
    ['/upstreams', jsonView(() => upstreams.status())],
    ['/limits', limitsView(app.get(Limits, { strict: false }).open)],
  ]);
  const { host, port } = settings.admin;
  const secrets = app.get(SecretRotation, { strict: false });
  return new AdminServer({
    host,
    port,
    token: () => secrets.adminToken,
    views,
    failed: (path, cause) =>
      observability.events.error(EVENTS.adminViewFailed, { path, cause: String(cause) }),
    acceptFailing: lifecycle.warnings.acceptFailing,
  });
}

function healthView(details: HealthDetails, subjects: () => HealthSubjects): AdminView {
  return {
    open: true,
    async handle(_req, res) {
      const result = await details.check(subjects());
      answer(res, result.status === 'ok' ? 200 : 503, result);
    },
  };
}
