import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Steps } from '../../contracts/steps.js';
import { buildingConsumers } from '../../kong/consumers/build-consumers.js';
import type { KongConfiguration } from '../../kong/kong-configuration.js';
import { compilingKongRoutes } from '../../kong/routing/compile-kong-routes.js';

/**
 * What is wrong with the sound rest of a configuration as soon as it is more than text: regexes of routes and keys of
 * consumers. Plugins are not looked at, for what they refer to may be what is missing.
 */
export function* remainderProblems(
  remainder: Pick<KongConfiguration, 'routes' | 'consumers'> | undefined,
): Steps<readonly ConfigProblem[]> {
  if (remainder === undefined) return [];
  const { problems: faults } = yield* buildingConsumers(remainder.consumers);
  const { problems: unmatchable } = yield* compilingKongRoutes(remainder.routes);
  return [...faults, ...unmatchable];
}
