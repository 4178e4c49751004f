import type { KongRoute } from '../kong-configuration.js';
import { KONG_AUTHENTICATION, type KongPlugin, type KongPluginName } from '../kong-plugins.js';
import type { DocumentReport } from './document-report.js';
import type { DeclaredEntity } from './entities/declared-entity.js';

const AUTHENTICATION: ReadonlySet<KongPluginName> = new Set(KONG_AUTHENTICATION);

/** Lists the routes of enabled services that no authentication plugin reaches, at whatever scope. */
export function tellOpenRoutes(
  routes: ReadonlyMap<DeclaredEntity, KongRoute>,
  plugins: readonly KongPlugin[],
  refuse: boolean,
  report: DocumentReport,
): void {
  const guards = plugins.filter(({ name, enabled }) => enabled && AUTHENTICATION.has(name));
  const byScope = Map.groupBy(guards, ({ route, service }) => route ?? service);
  for (const [{ node, path }, route] of routes) {
    if (route.service?.enabled === false) continue;
    const near = [route.id, route.service?.id ?? '', undefined].flatMap((scope) => byScope.get(scope) ?? []);
    const open = route.protocols.filter((protocol) => !near.some((guard) => reaches(guard, route, protocol)));
    if (open.length === 0) continue;
    const how = open.length === route.protocols.length ? '' : ` by ${open.join(' and ')}`;
    const message = `anybody may call ${route.name ?? 'this route'}${how}: no jwt, key-auth or basic-auth reaches it`;
    if (refuse) report.problem(node, path, `${message}; add one of them.`);
    else report.warn(node, path, `${message}.`);
  }
}

function reaches(guard: KongPlugin, route: KongRoute, protocol: KongRoute['protocols'][number]): boolean {
  return (
    guard.protocols.includes(protocol) &&
    (guard.route === undefined || guard.route === route.id) &&
    (guard.service === undefined || guard.service === route.service?.id)
  );
}
