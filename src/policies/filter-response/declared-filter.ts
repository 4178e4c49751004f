import { ConfigError } from '../../contracts/config-problem.js';
import { nearestDeclaration } from '../../contracts/nearest-declaration.js';
import { type CompiledFilter, compileFilter } from './compiled-filter.js';
import { FILTER_RESPONSE } from './filter-response.decorator.js';
import {
  checkFilterResponse,
  type FilterResponseOptions,
  resolveFilterResponse,
} from './filter-response.options.js';

/**
 * The filter that `@FilterResponse` asks for on an ordinary handler; `undefined` when nothing is declared, or it is
 * switched off. @throws ConfigError on an unsound declaration, so that nothing leaves unfiltered
 */
export function declaredFilter(handler: object, controller: object): CompiledFilter | undefined {
  const declaration = nearestDeclaration(FILTER_RESPONSE, handler, controller);
  if (declaration?.options === undefined) return undefined;
  const options = declaration.options as FilterResponseOptions;
  const problems = checkFilterResponse(options);
  if (problems.length > 0) {
    const where = `${(controller as { name: string }).name}.${(handler as { name: string }).name}`;
    throw new ConfigError(
      problems.map((message) => ({ where, message: `${declaration.writtenAs}: ${message}` })),
    );
  }
  return compileFilter(resolveFilterResponse(options));
}
