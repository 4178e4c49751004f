import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Steps } from '../../contracts/steps.js';
import { buildingConsumers } from '../../kong/consumers/build-consumers.js';
import type { KongConfiguration } from '../../kong/kong-configuration.js';
import { pluginProblems } from '../../kong/plan/plugin-problems.js';
import { compilingKongRoutes } from '../../kong/routing/compile-kong-routes.js';
import { DryPolicies } from './dry.policies.js';
import { KONG_MAPPINGS } from './kong-mappings.js';

/**
 * What is wrong with the sound rest of a configuration as soon as it is more than text: regexes of routes, keys of
 * consumers, options of plugins. How they stand to each other is not looked at: what they refer to may be what is missing.
 */
export function* remainderProblems(
  remainder: Pick<KongConfiguration, 'routes' | 'consumers' | 'plugins'> | undefined,
  strict: boolean,
): Steps<readonly ConfigProblem[]> {
  if (remainder === undefined) return [];
  const { consumers, problems: faults } = yield* buildingConsumers(remainder.consumers);
  const { problems: unmatchable } = yield* compilingKongRoutes(remainder.routes);
  const parts = { mappings: KONG_MAPPINGS, policies: new DryPolicies(), consumers, strict };
  return [...faults, ...unmatchable, ...(yield* pluginProblems(remainder, parts))];
}
