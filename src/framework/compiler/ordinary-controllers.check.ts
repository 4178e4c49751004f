import type { Type } from '@nestjs/common';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { ordinaryRoute } from '../../contracts/declared-stages.js';
import { declarationLevels } from '../../contracts/policy.js';
import { handlerToken, proxyMetadataOf } from '../decorators/proxy-controller.decorator.js';
import type { ControllerReader } from './controller.reader.js';
import { handlerNames } from './nest-internals.js';
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
    const proxied = handlerToken(method);
    if (proxied !== undefined) {
      problems.push({
        where: `${type.name}.${name}`,
        message: `it inherits a handler of the proxy controller ${proxied.controller.name} without being one; make ${type.name} a @ProxyController, or do not extend ${proxied.controller.name}.`,
      });
      continue;
    }
    const declared = declarationLevels(method, type)
      .flat()
      .filter(({ options }) => options !== undefined);
    if (declared.length === 0) continue;
    const { declarations, overridden, enforced: carriedOut } = reader.enhancers(type, method);
    const standing = [...declarations, ...overridden.flatMap((enhancer) => enhancer.declarations)];
    const enforced = new Set([...standing.map(({ policy }) => policy), ...carriedOut]);
    for (const { policy, writtenAs, options } of declared) {
      const where = `${type.name}.${name}`;
      const enforcer = catalogue.byName.get(policy);
      if (enforced.has(policy)) {
        const found = enforcer?.check(options, ordinaryRoute(where)) ?? [];
        problems.push(...found.map((message) => ({ where, message: `${writtenAs}: ${message}` })));
        continue;
      }
      if (enforcer?.atTheEdge === true) continue;
      const known = enforcer !== undefined ? 'its guard or interceptor' : 'a policy of that name';
      problems.push({
        where,
        message: `${writtenAs} stands on an ordinary controller and nothing enforces it; add ${known}, or make the controller a @ProxyController.`,
      });
    }
  }
  return problems;
}
