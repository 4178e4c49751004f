import { ConfigError } from '../../../../src/contracts/config-problem.js';
import type { Policy } from '../../../../src/contracts/policy.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import type { KongPluginName, KongPluginOf } from '../../../../src/kong/kong-plugins.js';
import type { PluginPlace } from '../../../../src/kong/plugins/kong-plugin.js';
import { TransformRequestPolicy } from '../../../../src/policies/transform-request/transform-request.policy.js';
import { TransformResponsePolicy } from '../../../../src/policies/transform-response/transform-response.policy.js';

const POLICIES: readonly Policy[] = [new TransformRequestPolicy(), new TransformResponsePolicy()] as Policy[];

const FACTS = { id: 'kong route', paramNames: ['id', 'rest'] } as unknown as RouteFacts;

/** A place of one plugin, with the gateway's own policies behind it. */
export function placeOf<Name extends KongPluginName>(
  name: Name,
  config: KongPluginOf<Name>['config'],
  strict = false,
): PluginPlace<Name> {
  return {
    instance: { name, config } as KongPluginOf<Name>,
    facts: FACTS,
    strict,
    policies: {
      compile(policy, options, facts) {
        const found = POLICIES.find((one) => one.name === policy) as Policy;
        const problems = found.check(options, facts);
        if (problems.length > 0) throw new ConfigError(problems.map((message) => ({ where: name, message })));
        return found.compile(options, facts);
      },
    },
  } as PluginPlace<Name>;
}

export const FACTS_OF_ROUTE = FACTS;

/** `name:value` as Kong's file has it. */
export function named(text: string): { readonly name: string; readonly value: string } {
  const cut = text.indexOf(':');
  return cut < 0 ? { name: text, value: '' } : { name: text.slice(0, cut), value: text.slice(cut + 1) };
}
