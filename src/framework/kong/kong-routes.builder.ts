import type { ConfigProblem } from '../../contracts/config-problem.js';
import { buildConsumers } from '../../kong/consumers/build-consumers.js';
import type { KongConfiguration } from '../../kong/kong-configuration.js';
import type { KongRoutes } from '../../kong/plan/kong.routes.js';
import { planKong } from '../../kong/plan/plan-kong.js';
import type { PluginMappings } from '../../kong/plan/plugin-mappings.js';
import type { PolicyCompiler } from '../../kong/plugins/kong-plugin.js';
import { compileKongRoutes } from '../../kong/routing/compile-kong-routes.js';
import type { RegexLoad } from '../../kong/routing/regex-load.js';
import type { KongUpstreams, PreparedUpstreams } from './kong.upstreams.js';
import { unheeded } from './unheeded.js';

/** A configuration beside the one at work: it takes over whole, or is gone without a trace. */
export interface BuiltKong {
  readonly configuration: KongConfiguration;
  readonly routes: KongRoutes;
  readonly regexLoad: RegexLoad;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** It runs from now on. */
  take(): void;
  /** It will not run. */
  discard(): void;
}

export interface KongBuilderParts {
  readonly mappings: PluginMappings;
  readonly policies: PolicyCompiler;
  readonly upstreams: KongUpstreams;
  readonly bodyLimitBytes: number;
  readonly now: () => number;
}

/** Builds everything that a configuration needs to run: consumers, matcher, upstreams, routes. */
export function buildKong(
  configuration: KongConfiguration,
  strict: boolean,
  { upstreams, ...parts }: KongBuilderParts,
): BuiltKong {
  const { consumers, problems: faults, warnings } = buildConsumers(configuration.consumers);
  const { matcher, regexLoad, problems: unmatchable } = compileKongRoutes(configuration.routes);
  const backends = upstreams.prepare(configuration);
  const ignored = unheeded(configuration);
  const { routes, problems } = orDiscard(backends, () =>
    planKong(configuration, { ...parts, matcher, consumers, backends, strict }),
  );
  return {
    configuration,
    routes,
    regexLoad,
    problems: [...faults, ...unmatchable, ...problems, ...(strict ? ignored : [])],
    warnings: strict ? warnings : [...warnings, ...ignored],
    take: () => upstreams.take(backends),
    discard: () => {
      routes.retire();
      backends.discard();
    },
  };
}

/** A plan that cannot even be made leaves no upstream behind. */
function orDiscard<T>(backends: PreparedUpstreams, make: () => T): T {
  try {
    return make();
  } catch (error) {
    backends.discard();
    throw error;
  }
}
