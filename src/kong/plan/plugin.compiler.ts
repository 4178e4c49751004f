import { ConfigError, type ConfigProblem } from '../../contracts/config-problem.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { PlannedPolicy } from '../../routing/planned-route.js';
import type { KongConfiguration, KongRoute } from '../kong-configuration.js';
import {
  KONG_AUTHENTICATION,
  type KongPlugin,
  type KongPluginName,
  type KongPluginOf,
} from '../kong-plugins.js';
import { placeText } from '../place-text.js';
import type { CompiledPlugin, PluginPlace } from '../plugins/kong-plugin.js';
import { credentialPlaces } from './credential-places.js';
import type { KongPlanParts } from './kong-plan-parts.js';
import type { AnyPluginMapping } from './plugin-mappings.js';
import { PluginScopes, type ScopedInstances } from './plugin-scopes.js';
import { PluginSlot } from './plugin-slot.js';

type Instance = KongPluginOf<KongPluginName>;

/** Consumers are known behind the first of them only. */
const AUTHENTICATING: ReadonlySet<KongPluginName> = new Set(KONG_AUTHENTICATION);

/** Plugins that have a part in answers and logs where no route takes a request: Kong runs nothing else of them there. */
const BEYOND_ROUTES: ReadonlySet<KongPluginName> = new Set([
  'correlation-id',
  'cors',
  'response-transformer',
  'http-log',
  'file-log',
]);

/** A plugin that runs on a route, not compiled yet. */
export interface ChosenPlugin extends ScopedInstances {
  readonly mapping: AnyPluginMapping;
}

/** What plugins are made with. */
export type PluginParts = Pick<KongPlanParts, 'mappings' | 'policies' | 'consumers' | 'strict'>;

type RouteOfPlugins = Pick<PluginPlace<KongPluginName>, 'route' | 'facts' | 'credentials'>;

/** A plugin as it stands on one route. */
export interface PlacedPlugin {
  readonly slot: PluginSlot;
  readonly planned: PlannedPolicy;
}

/** Makes the plugins of routes: which run, in which order, and what each becomes. */
export class PluginCompiler {
  readonly #scopes: PluginScopes;
  readonly #order: readonly AnyPluginMapping[];
  readonly #plugins: readonly KongPlugin[];
  readonly #shared = new Map<Instance, CompiledPlugin>();
  readonly #tried = new Set<Instance>();
  /** What is to be given back once none of the routes runs any more; those made later join. */
  readonly closers: (() => void)[] = [];

  constructor(
    { plugins }: Pick<KongConfiguration, 'plugins'>,
    private readonly parts: PluginParts,
    private readonly problems: ConfigProblem[],
  ) {
    this.#plugins = plugins;
    this.#scopes = new PluginScopes(plugins);
    const names = this.#scopes.names;
    this.#order = names
      .flatMap((name) => parts.mappings.get(name) ?? [])
      .sort((a, b) => b.priority - a.priority);
    for (const plugin of plugins) {
      if (plugin.enabled && !parts.mappings.has(plugin.name)) {
        problems.push({
          where: placeOf(plugin),
          message: 'nothing here carries this plugin out; remove it.',
        });
      }
    }
  }

  /** Which instances run on a route, in their order: descending static priority. */
  chosen(route: KongRoute): readonly ChosenPlugin[] {
    const found = this.#order.flatMap((mapping) => {
      const instances = this.#scopes.on(mapping.name, route);
      return instances === undefined ? [] : [{ mapping, ...instances }];
    });
    const known = found.find(({ mapping, everyone }) => {
      return AUTHENTICATING.has(mapping.name) && everyone !== undefined;
    });
    return found.flatMap(({ mapping, everyone, byConsumer }) => {
      const late = known !== undefined && mapping.priority < known.mapping.priority;
      // Before anybody is known, nothing can be for single consumers.
      const consumers = late ? byConsumer : [];
      return everyone === undefined && consumers.length === 0
        ? []
        : [{ mapping, everyone, byConsumer: consumers }];
    });
  }

  /** What they become. */
  place(chosen: readonly ChosenPlugin[], route: KongRoute, facts: RouteFacts): readonly PlacedPlugin[] {
    const credentials = credentialPlaces(
      chosen.flatMap(({ everyone }) => everyone ?? []) as readonly KongPlugin[],
    );
    return chosen.map((plugin) => this.#place(plugin, { route, facts, credentials }));
  }

  /** What the plugins of everything are where no route takes a request, in their order. */
  beyondRoutes(facts: RouteFacts): readonly CompiledPlugin[] {
    // Whose key it is that was sent to the wrong place, nobody knows.
    const credentials = credentialPlaces(this.#plugins.filter(({ enabled }) => enabled));
    return this.#order.flatMap((mapping) => {
      const name = mapping.name as KongPluginName;
      const instance = BEYOND_ROUTES.has(name) ? this.#scopes.everywhere(name) : undefined;
      if (instance === undefined) return [];
      const make = () => this.#make(mapping, instance, { route: undefined, facts, credentials });
      return this.#checked(instance, make) ?? [];
    });
  }

  /** Makes one by itself, to tell what is wrong with it. */
  look(instance: Instance, facts: RouteFacts): void {
    const mapping = this.parts.mappings.get(instance.name);
    if (!instance.enabled || mapping === undefined) return;
    this.#checked(instance, () => this.#make(mapping, instance, { route: undefined, facts }));
  }

  #place({ mapping, everyone, byConsumer }: ChosenPlugin, on: RouteOfPlugins): PlacedPlugin {
    const make = (instance: Instance): CompiledPlugin => this.#make(mapping, instance, on);
    const compiled = everyone === undefined ? undefined : this.#checked(everyone, () => make(everyone));
    // They are made as they are asked for; what is wrong with one is found at load nevertheless, on its first route.
    for (const level of byConsumer) {
      for (const instance of level.values()) {
        if (this.#tried.has(instance)) continue;
        this.#tried.add(instance);
        this.#checked(instance, () => make(instance));
      }
    }
    return {
      slot: new PluginSlot(compiled, byConsumer, make),
      planned: {
        name: mapping.name,
        stage: mapping.stage,
        description: scopePhrase(everyone, byConsumer),
        bufferLimitBytes: compiled?.bufferLimitBytes,
      },
    };
  }

  #make(mapping: AnyPluginMapping, instance: Instance, on: RouteOfPlugins): CompiledPlugin {
    const shared = this.#shared.get(instance);
    if (shared !== undefined) return shared;
    const { consumers, policies, strict } = this.parts;
    const place: PluginPlace<KongPluginName> = {
      ...on,
      instance,
      service: on.route?.service,
      consumers,
      policies,
      strict,
    };
    const found = mapping.check?.(place) ?? [];
    if (found.length > 0) throw new ConfigError(found.map((message) => ({ where: '', message })));
    const compiled = mapping.compile(place);
    if (compiled.close !== undefined) this.closers.push(compiled.close);
    if (mapping.shared === true) this.#shared.set(instance, compiled);
    return compiled;
  }

  #checked(instance: Instance, make: () => CompiledPlugin): CompiledPlugin | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const { message } of error.problems) this.problems.push({ where: placeOf(instance), message });
      return undefined;
    }
  }
}

function scopePhrase(everyone: Instance | undefined, byConsumer: ScopedInstances['byConsumer']): string {
  const consumers = new Set(byConsumer.flatMap((level) => [...level.keys()])).size;
  const some =
    consumers === 0
      ? []
      : [`${consumers} ${consumers === 1 ? 'consumer has its' : 'consumers have their'} own`];
  return [...(everyone === undefined ? [] : [scopeOf(everyone)]), ...some].join(', ');
}

function scopeOf({ route, service }: Instance): string {
  if (route !== undefined) return service === undefined ? 'of the route' : 'of the route and its service';
  return service === undefined ? 'global' : 'of the service';
}

function placeOf({ place, name }: Instance): string {
  return `${placeText(place)}: plugin ${name}`;
}
