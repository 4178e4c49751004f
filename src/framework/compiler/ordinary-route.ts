import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { declarationLevels, type PolicyDeclaration } from '../../contracts/policy.js';
import { OPEN_ACCESS } from '../../contracts/route-access.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { type PathPattern, paramNamesOf, parsePathPattern } from '../../routing/path-pattern.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { markOrdinaryHandlers, proxyMetadataOf } from '../decorators/proxy-controller.decorator.js';
import type { ExpressRoute } from './express.survey.js';
import { handlerNames } from './nest-internals.js';
import type { PolicyCatalogue } from './policy.catalogue.js';
import { compilePolicies, resolvePolicies } from './policy.resolution.js';

/**
 * Marks the handlers of ordinary controllers that declare something the edge carries out, so that they are known again
 * in Express. To be called before Nest registers them.
 */
export function markEdgeControllers(discovery: DiscoveryService, catalogue: PolicyCatalogue): void {
  const types = new Set(discovery.getControllers().map(({ metatype }) => metatype as Type));
  for (const type of types) {
    if (proxyMetadataOf(type) !== undefined) continue;
    const prototype = type.prototype as Record<string, object>;
    const declares = handlerNames(type).some(
      (name) => edgeLevels(prototype[name] as object, type, catalogue).flat().length > 0,
    );
    if (declares) markOrdinaryHandlers(type);
  }
}

/** A route that is not a proxy's: all that the gateway does there is what the edge carries out. */
export function ordinaryRoute(
  registered: ExpressRoute,
  catalogue: PolicyCatalogue,
  problems: ConfigProblem[],
): PlannedRoute {
  const pattern = registered.path === undefined ? undefined : parsePathPattern(registered.path);
  const facts = routeFacts(registered, pattern);
  const levels = ordinaryLevels(registered, catalogue);
  const resolved = resolvePolicies(levels, facts.handler, problems);
  const pipeline = compilePolicies(resolved, catalogue.byName, facts, problems);
  return {
    facts,
    pattern,
    rank: registered.rank,
    mode: 'foreign',
    reasons: [],
    policies: pipeline.policies,
    exceptions: pipeline.exceptions,
    before: pipeline.before,
    after: [],
    dress: pipeline.dress,
    preflight: pipeline.preflight,
    access: OPEN_ACCESS,
    prepare: () => {},
    handle: undefined,
    readsBody: false,
    nestAnswers: false,
    deopt: false,
  };
}

type Levels = readonly (readonly PolicyDeclaration[])[];

function ordinaryLevels({ ordinary }: ExpressRoute, catalogue: PolicyCatalogue): Levels {
  if (ordinary === undefined) return [];
  const prototype = ordinary.controller.prototype as Record<string, object>;
  return edgeLevels(prototype[ordinary.method] as object, ordinary.controller, catalogue);
}

function edgeLevels(handler: object, controller: object, { byName }: PolicyCatalogue): Levels {
  return declarationLevels(handler, controller).map((level) =>
    level.filter(({ policy }) => byName.get(policy)?.atTheEdge === true),
  );
}

function routeFacts(registered: ExpressRoute, pattern: PathPattern | undefined): RouteFacts {
  const path = registered.path ?? 'a pattern';
  const { ordinary } = registered;
  return Object.freeze({
    id: `${registered.methods?.join('|') ?? 'ALL'} ${path}`,
    methods: registered.methods,
    path,
    paramNames: pattern?.paramNames ?? paramNamesOf(path),
    handler: ordinary === undefined ? 'Express' : `${ordinary.controller.name}.${ordinary.method}`,
    upstream: undefined,
    proxied: false,
    authenticated: false,
  });
}
