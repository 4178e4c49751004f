import type { Exchange } from '../../contracts/exchange.js';
import type { CompiledPolicy, StageName } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { KongRoute, KongService } from '../kong-configuration.js';
import type { KongConsumers } from '../kong-consumers.js';
import type { KongPluginName, KongPluginOf } from '../kong-plugins.js';

/** What one instance of a plugin becomes on one route. */
export interface CompiledPlugin
  extends Pick<CompiledPolicy, 'before' | 'after' | 'dress' | 'bufferLimitBytes' | 'close'> {
  /**
   * Kong's log phase: once the exchange has ended, however it ended. It must not throw. The `dress` of a plugin that logs
   * takes note of the fields of the answer and changes none.
   */
  readonly log?: (exchange: Exchange) => void;
}

/** Where an instance stands, and what it may use. */
export interface PluginPlace<Name extends KongPluginName> {
  readonly instance: KongPluginOf<Name>;
  /** The route it runs on, which need not be the one it was declared on; `undefined` where no route takes a request. */
  readonly route: KongRoute | undefined;
  readonly service: KongService | undefined;
  readonly facts: RouteFacts;
  readonly consumers: KongConsumers;
  readonly policies: PolicyCompiler;
  /** Where requests of the route may carry credentials, as its authentication plugins say; absent: where they usually do. */
  readonly credentials?: CredentialPlaces | undefined;
  /** `--strict-kong`: the deliberate differences from Kong are off. */
  readonly strict: boolean;
}

/** Names under which credentials come. */
export interface CredentialPlaces {
  readonly headers: readonly string[];
  readonly query: readonly string[];
  readonly cookies: readonly string[];
}

/** Gives the behaviour of a policy of the gateway. */
export interface PolicyCompiler {
  /** @throws ConfigError when the policy finds the options unsound */
  compile(policy: string, options: unknown, facts: RouteFacts): CompiledPolicy;
}

/** How one plugin of Kong is carried out: a mapping to policies of the gateway. */
export interface KongPluginMapping<Name extends KongPluginName> {
  readonly name: Name;
  /** Kong's static priority: higher runs first. */
  readonly priority: number;
  /** Where it stands in the gateway's own request path, for the views. */
  readonly stage: StageName;
  /** An instance compiles to the same wherever it runs, so that routes may share it. Absent: each route has its own. */
  readonly shared?: true;
  /** Problems that only the place can show, in plain words; absent: none. */
  check?(place: PluginPlace<Name>): readonly string[];
  compile(place: PluginPlace<Name>): CompiledPlugin;
}
