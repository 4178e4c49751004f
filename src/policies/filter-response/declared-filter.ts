import { ConfigError } from '../../contracts/config-problem.js';
import { declaredPolicies, type PolicyDeclaration } from '../../contracts/policy.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';
import {
  checkFilterResponse,
  type FilterResponseOptions,
  type ResolvedFilterResponse,
  resolveFilterResponse,
} from './filter-response.options.js';

/** What a handler's answers go through; `undefined` when nothing is declared, or it is switched off. */
export function declaredFilter(
  controller: object,
  handler: (...parameters: never[]) => unknown,
): ResolvedFilterResponse | undefined {
  const declaration = nearest(controller, handler);
  if (declaration?.options === undefined) return undefined;
  const options = declaration.options as FilterResponseOptions;
  const problems = checkFilterResponse(options);
  if (problems.length > 0) {
    const where = `${(controller as { name?: string }).name ?? 'controller'}.${handler.name}`;
    throw new ConfigError(
      problems.map((message) => ({ where, message: `${declaration.writtenAs}: ${message}` })),
    );
  }
  return resolveFilterResponse(options);
}

/** The method's own declaration, else the controller's, else that of the class it extends. */
function nearest(controller: object, handler: object): PolicyDeclaration | undefined {
  const own = find(handler);
  if (own !== undefined) return own;
  for (
    let holder: object | null = controller;
    holder !== null && holder !== Function.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    const found = find(holder);
    if (found !== undefined) return found;
  }
  return undefined;
}

function find(holder: object): PolicyDeclaration | undefined {
  return declaredPolicies(holder).find(({ policy }) => policy === FILTER_RESPONSE);
}
