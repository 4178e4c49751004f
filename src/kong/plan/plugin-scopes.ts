import type { KongRoute } from '../kong-configuration.js';
import type { KongPluginName, KongPluginOf } from '../kong-plugins.js';

/** Of the instances of one plugin on one route: the one for everybody, and those for single consumers. */
export interface ScopedInstances<Name extends KongPluginName = KongPluginName> {
  /** `undefined` where only single consumers have one. */
  readonly everyone: KongPluginOf<Name> | undefined;
  /** By consumer id, the most specific scope first: the first that has the consumer goes before `everyone`. */
  readonly byConsumer: readonly ReadonlyMap<string, KongPluginOf<Name>>[];
}

type Instance = KongPluginOf<KongPluginName>;

/** Finds which instance of a plugin runs where: exactly one, its configuration taken whole. */
export class PluginScopes {
  readonly #scopes = new Map<KongPluginName, Scopes>();

  /** @param plugins of every scope; those that are not enabled are as if they were not there */
  constructor(plugins: readonly Instance[]) {
    for (const plugin of plugins) {
      if (!plugin.enabled) continue;
      let scopes = this.#scopes.get(plugin.name);
      if (scopes === undefined) {
        scopes = { everyone: new Map(), byConsumer: new Map() };
        this.#scopes.set(plugin.name, scopes);
      }
      const key = scopeKey(plugin.route, plugin.service);
      if (plugin.consumer === undefined) {
        keepFirst(scopes.everyone, key, plugin);
        continue;
      }
      const consumers = scopes.byConsumer.get(key) ?? new Map<string, Instance>();
      scopes.byConsumer.set(key, consumers);
      keepFirst(consumers, plugin.consumer, plugin);
    }
  }

  /** The names of plugins that have an instance anywhere. */
  get names(): readonly KongPluginName[] {
    return [...this.#scopes.keys()];
  }

  /** The instance for everything; `undefined` where there is none. */
  everywhere(name: KongPluginName): Instance | undefined {
    return this.#scopes.get(name)?.everyone.get(EVERYWHERE);
  }

  /**
   * The instances of a plugin that may run on a route, by these scopes from the most specific to the least: route with
   * service and consumer, route with consumer, service with consumer, route with service, consumer, route, service,
   * everything.
   *
   * @returns `undefined` where none does
   */
  on(name: KongPluginName, { id, service }: KongRoute): ScopedInstances | undefined {
    const scopes = this.#scopes.get(name);
    if (scopes === undefined) return undefined;
    const { everyone, byConsumer } = scopes;
    const both = service === undefined ? undefined : everyone.get(scopeKey(id, service.id));
    const forAll =
      both ??
      everyone.get(scopeKey(id, undefined)) ??
      (service === undefined ? undefined : everyone.get(scopeKey(undefined, service.id))) ??
      everyone.get(EVERYWHERE);
    const levels = [
      service === undefined ? undefined : byConsumer.get(scopeKey(id, service.id)),
      byConsumer.get(scopeKey(id, undefined)),
      service === undefined ? undefined : byConsumer.get(scopeKey(undefined, service.id)),
      // Route with service goes before the consumer alone.
      both === undefined ? byConsumer.get(EVERYWHERE) : undefined,
    ].filter((level) => level !== undefined);
    return forAll === undefined && levels.length === 0 ? undefined : { everyone: forAll, byConsumer: levels };
  }
}

interface Scopes {
  readonly everyone: Map<string, Instance>;
  readonly byConsumer: Map<string, Map<string, Instance>>;
}

const scopeKey = (route: string | undefined, service: string | undefined): string =>
  `${route ?? ''} ${service ?? ''}`;
const EVERYWHERE = scopeKey(undefined, undefined);

/** Two instances of one scope are refused at load; if they come nevertheless, the one that stands first runs. */
function keepFirst(map: Map<string, Instance>, key: string, plugin: Instance): void {
  if (!map.has(key)) map.set(key, plugin);
}
