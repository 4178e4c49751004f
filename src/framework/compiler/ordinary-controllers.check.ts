import type { Type } from '@nestjs/common';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { declaredPolicies } from '../../contracts/policy.js';
import { proxyMetadataOf } from '../decorators/proxy-controller.decorator.js';
import type { ControllerReader } from './controller.reader.js';
import { isRouteHandler } from './nest-internals.js';
import type { PolicyCatalogue } from './policy.catalogue.js';

/** A policy on an ordinary Nest controller must have a guard or an interceptor that runs it; alone it does nothing. */
export function checkOrdinaryControllers(
  reader: ControllerReader,
  catalogue: PolicyCatalogue,
): readonly ConfigProblem[] {
  return reader
    .types()
    .filter((type) => proxyMetadataOf(type) === undefined)
    .flatMap((type) => checkController(type, reader, catalogue));
}

function checkController(type: Type, reader: ControllerReader, catalogue: PolicyCatalogue): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const name of handlerNames(type)) {
    const method = (type.prototype as Record<string, object>)[name] as object;
    const declared = [...declaredPolicies(method), ...declaredPolicies(type)].filter(
      ({ options }) => options !== undefined,
    );
    if (declared.length === 0) continue;
    const enforced = new Set(reader.enhancers(type, method).declarations.map(({ policy }) => policy));
    for (const { policy, writtenAs } of declared) {
      if (enforced.has(policy)) continue;
      const known = catalogue.byName.has(policy) ? 'its guard or interceptor' : 'a policy of that name';
      problems.push({
        where: `${type.name}.${name}`,
        message: `${writtenAs} stands on an ordinary controller and nothing enforces it; add ${known}, or make the controller a @ProxyController.`,
      });
    }
  }
  return problems;
}

function handlerNames(type: Type): readonly string[] {
  return Object.getOwnPropertyNames(type.prototype).filter((name) => {
    const value = Object.getOwnPropertyDescriptor(type.prototype, name)?.value as unknown;
    return name !== 'constructor' && typeof value === 'function' && isRouteHandler(value);
  });
}
