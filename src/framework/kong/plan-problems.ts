import type { ConfigProblem } from '../../contracts/config-problem.js';
import { buildConsumers } from '../../kong/consumers/build-consumers.js';
import type { KongConfiguration } from '../../kong/kong-configuration.js';
import { planKong } from '../../kong/plan/plan-kong.js';
import { compileKongRoutes } from '../../kong/routing/compile-kong-routes.js';
import { DryPolicies } from './dry.policies.js';
import { hidden } from './hidden.js';
import { KONG_MAPPINGS } from './kong-mappings.js';
import { unheeded } from './unheeded.js';

/** What is wrong with a configuration, and what to know about it, that only shows when routes are made of it. */
export interface PlanFindings {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** Plans a configuration as a start would, and starts nothing. */
export function planFindings(
  configuration: KongConfiguration,
  { strict, reserved }: { readonly strict: boolean; readonly reserved: readonly string[] },
): PlanFindings {
  const { consumers, problems: faults, warnings } = buildConsumers(configuration.consumers);
  const { matcher, problems: unmatchable } = compileKongRoutes(configuration.routes);
  const { routes, problems } = planKong(configuration, {
    matcher,
    mappings: KONG_MAPPINGS,
    policies: new DryPolicies(),
    consumers,
    backends: { of: ({ name, id }) => ({ name: name ?? id, forward: notCalled }) },
    strict,
    bodyLimitBytes: 0,
    now: () => 0,
  });
  routes.retire();
  const ignored = unheeded(configuration);
  const found = [...faults, ...unmatchable, ...problems, ...(strict ? ignored : [])];
  const told = [...warnings, ...(strict ? [] : ignored), ...hidden(configuration, reserved)];
  return { problems: distinct(found), warnings: told };
}

const notCalled = (): never => {
  throw new Error('A plan that is only looked at takes no requests.');
};

/** A plugin of many routes says the same on each. */
const distinct = (all: readonly ConfigProblem[]): readonly ConfigProblem[] => [
  ...new Map(all.map((each) => [`${each.where} ${each.message}`, each])).values(),
];
