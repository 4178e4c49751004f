import type { ApplicationConfig } from '@nestjs/core';
import { isCompilable } from '../../contracts/compilable-enhancer.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { boundEnhancers, type EnhancerKind, type EnhancerReference } from './nest-internals.js';

/** Finds the instance that Nest holds for an enhancer bound as a class; `undefined` when it holds none. */
export type InstanceLookup = (reference: EnhancerReference) => object | undefined;

/** The enhancers that apply to one handler: what they stand for, and what cannot be compiled. */
export interface EnhancerSurvey {
  /** What guards and interceptors stand for, nearest first: method, controller, global. */
  readonly declarations: readonly PolicyDeclaration[];
  /** Why the route cannot be compiled. */
  readonly reasons: readonly string[];
  /** A team's exception filter may answer errors. */
  readonly hasForeignFilter: boolean;
  /** Global, controller and method pipes, in the order they run. */
  readonly pipes: readonly PipeLike[];
}

export interface PipeLike {
  transform(value: unknown, metadata: unknown): unknown;
}

export interface SurveyScope {
  readonly config: ApplicationConfig;
  readonly controller: object;
  readonly method: object;
  readonly lookup: InstanceLookup;
  /** The gateway's own guard, interceptor and filter. */
  readonly own: ReadonlySet<object>;
}

/** Reads every enhancer that Nest would run around a handler. */
export function surveyEnhancers(scope: SurveyScope): EnhancerSurvey {
  const declarations: PolicyDeclaration[] = [];
  const reasons: string[] = [];
  const { config, own } = scope;

  const requestScoped = [
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestFilters(),
  ];
  if (requestScoped.length > 0) reasons.push('a request-scoped global enhancer');

  for (const kind of ['guard', 'interceptor'] as const) {
    const global = kind === 'guard' ? config.getGlobalGuards() : config.getGlobalInterceptors();
    const action = kind === 'guard' ? 'canActivate' : 'intercept';
    for (const instance of [...bound(scope, kind).reverse(), ...global] as readonly (object | undefined)[]) {
      if (instance !== undefined && own.has(instance)) continue;
      if (instance !== undefined && isCompilable(instance, action)) declarations.push(...instance.portcullisPolicies());
      else reasons.push(`${kind} ${nameOf(instance)}`);
    }
  }

  const pipes = [...config.getGlobalPipes(), ...bound(scope, 'pipe')];
  if (pipes.some((pipe) => typeof (pipe as Partial<PipeLike> | undefined)?.transform !== 'function')) {
    reasons.push('a pipe that is not ready at boot');
  }
  const filters = [...config.getGlobalFilters(), ...bound(scope, 'filter')].filter(
    (filter) => filter === undefined || !own.has(filter as object),
  );
  return {
    declarations,
    reasons,
    hasForeignFilter: filters.length > 0,
    pipes: pipes as unknown as readonly PipeLike[],
  };
}

/** Controller enhancers, then method enhancers, as instances where Nest holds any. */
function bound(scope: SurveyScope, kind: EnhancerKind): (object | undefined)[] {
  return [...boundEnhancers(scope.controller, kind), ...boundEnhancers(scope.method, kind)].map((reference) =>
    typeof reference === 'function' ? scope.lookup(reference) : reference,
  );
}

function nameOf(instance: object | undefined): string {
  return instance === undefined ? 'that is not ready at boot' : instance.constructor.name;
}
