import { type Policy, STAGES } from '../../../src/contracts/policy.js';
import { table } from './tables.js';

/** Writes `stages`: the stages in the order of the request path, and the policies of each in the order they run. */
export function stagesRegion(policies: ReadonlyMap<string, Policy>): () => string {
  return () =>
    table(
      ['Stage', 'Policies, in the order they run'],
      STAGES.map((stage) => {
        const names = [...policies.values()].filter((policy) => policy.stage({}) === stage);
        return [stage, names.map(({ name }) => `[${name}](#${name})`).join(', ') || '(none yet)'];
      }),
    );
}
