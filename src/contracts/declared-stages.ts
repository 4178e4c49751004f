import { ConfigError } from './config-problem.js';
import { nearestDeclaration } from './nearest-declaration.js';
import { PerHandler } from './per-handler.js';
import type { Policy, Stage } from './policy.js';
import type { RouteFacts } from './route-facts.js';

/**
 * A policy on ordinary controllers: the stage of the declaration that counts for each handler, made at its first
 * request; `undefined` where nobody declared one or it is switched off. For the guard that is the policy's door.
 *
 * @throws ConfigError from `of` when the policy has something to say about the declaration
 */
export function declaredStages(policy: Policy<never>): PerHandler<Stage | undefined> {
  return new PerHandler((handler, controller) => {
    const declaration = nearestDeclaration(policy.name, handler, controller);
    if (declaration?.options === undefined) return undefined;
    const options = declaration.options as never;
    const facts = ordinaryRoute((handler as { readonly name: string }).name);
    const problems = policy.check(options, facts);
    if (problems.length > 0) {
      throw new ConfigError(problems.map((message) => ({ where: declaration.writtenAs, message })));
    }
    return policy.compile(options, facts).before;
  });
}

/** A method of an ordinary controller as a policy sees it. Whether it is authenticated shows per request. */
export function ordinaryRoute(handler: string): RouteFacts {
  return {
    id: handler,
    methods: undefined,
    path: '',
    paramNames: [],
    handler,
    upstream: undefined,
    proxied: false,
    authenticated: true,
  };
}
