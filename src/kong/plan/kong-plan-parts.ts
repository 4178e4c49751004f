import type { KongConsumers } from '../kong-consumers.js';
import type { PolicyCompiler } from '../plugins/kong-plugin.js';
import type { KongMatch } from '../routing/kong-match.js';
import type { KongRequest } from '../routing/kong-request.js';
import type { KongBackends } from './kong-backends.js';
import type { PluginMappings } from './plugin-mappings.js';

/** What the routes of a Kong file are planned with. */
export interface KongPlanParts {
  readonly matcher: KongMatcher;
  readonly mappings: PluginMappings;
  readonly policies: PolicyCompiler;
  readonly consumers: KongConsumers;
  readonly backends: KongBackends;
  /** The deliberate differences from Kong are off. */
  readonly strict: boolean;
  /** Of request bodies, where no plugin of the route says otherwise. */
  readonly bodyLimitBytes: number;
  /** The monotonic clock in milliseconds, that of the exchanges. */
  readonly now: () => number;
}

/** Finds the route that takes a request. */
export interface KongMatcher {
  match(request: KongRequest): KongMatch | undefined;
}
