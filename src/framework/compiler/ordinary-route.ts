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
import { compilePolicies, type RoutePipeline, resolvePolicies } from './policy.resolution.js';

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
      (name) => edgeOnly(declarationLevels(prototype[name] as object, type), catalogue).flat().length > 0,
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
  const pipeline = ordinaryPipeline(declaredLevels(registered), facts, catalogue, problems);
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

/** What requests are that no route takes, to the policies that hold for them by default. */
export const UNMATCHED: RouteFacts = Object.freeze({
  id: 'unmatched',
  methods: undefined,
  path: '/*path',
  paramNames: [],
  handler: 'no route',
  upstream: undefined,
  proxied: false,
  authenticated: false,
});

/** What the edge carries out of these declarations, where no proxy route does. */
export function ordinaryPipeline(
  levels: Levels,
  facts: RouteFacts,
  catalogue: PolicyCatalogue,
  problems: ConfigProblem[],
): RoutePipeline {
  const resolved = resolvePolicies(edgeOnly(levels, catalogue), facts.handler, problems);
  return compilePolicies(resolved, catalogue.byName, facts, problems);
}

function declaredLevels({ ordinary }: ExpressRoute): Levels {
  if (ordinary === undefined) return [];
  const prototype = ordinary.controller.prototype as Record<string, object>;
  return declarationLevels(prototype[ordinary.method] as object, ordinary.controller);
}

function edgeOnly(levels: Levels, { byName }: PolicyCatalogue): Levels {
  return levels.map((level) => level.filter(({ policy }) => byName.get(policy)?.atTheEdge === true));
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
