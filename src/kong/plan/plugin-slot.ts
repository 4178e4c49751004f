import type { Exchange } from '../../contracts/exchange.js';
import type { Dress, ResponseStage, Stage } from '../../contracts/policy.js';
import type { KongPluginName, KongPluginOf } from '../kong-plugins.js';
import type { CompiledPlugin } from '../plugins/kong-plugin.js';

type Instance = KongPluginOf<KongPluginName>;
type Log = (exchange: Exchange) => void;

/** The place of one plugin on one route: the same plugin for everybody, or another one for some consumers. */
export class PluginSlot {
  /** Those of single consumers, made when the first of their requests comes: there may be thousands for each route. */
  readonly #made = new Map<Instance, CompiledPlugin>();

  constructor(
    /** For everybody who has none of his own; `undefined` where the others have none. */
    private readonly everyone: CompiledPlugin | undefined,
    private readonly byConsumer: readonly ReadonlyMap<string, Instance>[],
    private readonly make: (instance: Instance) => CompiledPlugin,
  ) {}

  get before(): Stage | undefined {
    if (this.byConsumer.length === 0) return this.everyone?.before;
    return (exchange) => this.#of(exchange)?.before?.(exchange);
  }

  get after(): ResponseStage | undefined {
    if (this.byConsumer.length === 0) return this.everyone?.after;
    return (exchange, response) => this.#of(exchange)?.after?.(exchange, response) ?? response;
  }

  get dress(): Dress | undefined {
    if (this.byConsumer.length === 0) return this.everyone?.dress;
    return (exchange, headers) => this.#of(exchange)?.dress?.(exchange, headers) ?? headers;
  }

  get log(): Log | undefined {
    if (this.byConsumer.length === 0) return this.everyone?.log;
    return (exchange) => this.#of(exchange)?.log?.(exchange);
  }

  #of({ principal }: Exchange): CompiledPlugin | undefined {
    const consumer = principal?.consumer?.id;
    if (consumer === undefined) return this.everyone;
    for (const level of this.byConsumer) {
      const instance = level.get(consumer);
      if (instance !== undefined) return this.#plugin(instance);
    }
    return this.everyone;
  }

  #plugin(instance: Instance): CompiledPlugin {
    let plugin = this.#made.get(instance);
    if (plugin === undefined) {
      plugin = this.make(instance);
      this.#made.set(instance, plugin);
    }
    return plugin;
  }
}
