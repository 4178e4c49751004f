import { ConfigError } from '../../contracts/config-problem.js';
import type { CompiledPolicy } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { PolicyCompiler } from '../../kong/plugins/kong-plugin.js';
import type { PolicyCatalogue } from '../compiler/policy.catalogue.js';

/** Gives the plugins of Kong files the behaviour of the gateway's policies. */
export class KongPolicies implements PolicyCompiler {
  constructor(private readonly catalogue: PolicyCatalogue) {}

  compile(name: string, options: unknown, facts: RouteFacts): CompiledPolicy {
    const policy = this.catalogue.byName.get(name);
    if (policy === undefined) throw new TypeError(`There is no policy ${name}.`);
    const problems = policy.check(options, facts);
    if (problems.length > 0) {
      throw new ConfigError(problems.map((message) => ({ where: facts.handler, message })));
    }
    return policy.compile(options, facts);
  }
}
