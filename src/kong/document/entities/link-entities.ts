import type { KongConfiguration, KongRoute, KongTarget } from '../../kong-configuration.js';
import { readAcl } from './acl.entity.js';
import { readBasicAuthCredential } from './basicauth-credential.entity.js';
import { readConsumer } from './consumer.entity.js';
import type { Owned } from './credential.entity.js';
import type { DeclaredEntity, EntityKind } from './declared-entity.js';
import type { EntityLoad } from './entity-load.js';
import { readJwtSecret } from './jwt-secret.entity.js';
import { readKeyAuthCredential } from './keyauth-credential.entity.js';
import { readPlugin } from './plugin.entity.js';
import { readRoute } from './route.entity.js';
import { readService } from './service.entity.js';
import { readTarget } from './target.entity.js';
import { readUpstream } from './upstream.entity.js';

/** Reads every entity, those first that others are made of. With problems in the report, some are missing. */
export function linkEntities(
  declared: readonly DeclaredEntity[],
  load: EntityLoad,
): { readonly configuration: KongConfiguration; readonly routes: ReadonlyMap<DeclaredEntity, KongRoute> } {
  const byKind = Map.groupBy(declared, ({ kind }) => kind);
  const readAll = <T>(kind: EntityKind, read: (entity: DeclaredEntity) => T | undefined) => {
    const found = new Map<DeclaredEntity, T>();
    for (const entity of byKind.get(kind) ?? []) {
      const value = read(entity);
      if (value !== undefined) found.set(entity, value);
    }
    return found;
  };

  const services = readAll('services', (entity) => readService(entity, load));
  const routes = readAll('routes', (entity) => readRoute(entity, services, load));
  const targets = Map.groupBy(
    readAll('targets', (entity) => readTarget(entity, load)).values(),
    ({ upstream }) => upstream,
  );
  const upstreams = readAll('upstreams', (entity) =>
    readUpstream(entity, targetsOf(targets.get(entity)), load),
  );
  const jwtSecrets = byOwner(readAll('jwt_secrets', (entity) => readJwtSecret(entity, load)));
  const keys = byOwner(readAll('keyauth_credentials', (entity) => readKeyAuthCredential(entity, load)));
  const passwords = byOwner(
    readAll('basicauth_credentials', (entity) => readBasicAuthCredential(entity, load)),
  );
  const groups = byOwner(readAll('acls', (entity) => readAcl(entity, load)));
  const consumers = readAll('consumers', (entity) => {
    const belongings = {
      jwtSecrets: jwtSecrets.get(entity) ?? [],
      keyAuthCredentials: keys.get(entity) ?? [],
      basicAuthCredentials: passwords.get(entity) ?? [],
      groups: groups.get(entity) ?? [],
    };
    return readConsumer(entity, belongings, load);
  });
  const plugins = readAll('plugins', (entity) => readPlugin(entity, load));

  const configuration = {
    services: [...services.values()],
    routes: [...routes.values()],
    upstreams: [...upstreams.values()],
    consumers: [...consumers.values()],
    plugins: [...plugins.values()],
  };
  return { configuration, routes };
}

function targetsOf(found: readonly { readonly target: KongTarget }[] = []): KongTarget[] {
  return found.map(({ target }) => target);
}

/** What consumers own, by consumer. */
function byOwner<T>(found: ReadonlyMap<DeclaredEntity, Owned<T>>): ReadonlyMap<DeclaredEntity, readonly T[]> {
  const owned = new Map<DeclaredEntity, T[]>();
  for (const { consumer, value } of found.values()) {
    const values = owned.get(consumer);
    if (values === undefined) owned.set(consumer, [value]);
    else values.push(value);
  }
  return owned;
}
