import type { ApplicationConfig } from '@nestjs/core';
import {
  type CompilableEnhancer,
  isCompilable,
  statesPolicies,
} from '../../contracts/compilable-enhancer.js';
import type { PolicyDeclaration } from '../../contracts/policy.js';
import { boundEnhancers, type EnhancerKind, type EnhancerReference } from './nest-internals.js';

/** Finds the instance that Nest holds for an enhancer bound as a class; `undefined` when it holds none. */
export type InstanceLookup = (reference: EnhancerReference) => object | undefined;

/** The enhancers that apply to one handler: what they stand for, and what cannot be compiled. */
export interface EnhancerSurvey {
  /** What guards and interceptors stand for, nearest first: method, controller, global. */
  readonly declarations: readonly PolicyDeclaration[];
  /** Policies that an enhancer carries out where the controller declares them. */
  readonly enforced: readonly string[];
  /** Why the route cannot be compiled. */
  readonly reasons: readonly string[];
  /** What foreign guards and interceptors would stand for, had they not overridden what they inherit from the gateway's. */
  readonly overridden: readonly OverriddenEnhancer[];
  /** A team's exception filter may answer errors. */
  readonly hasForeignFilter: boolean;
  /** Global, controller and method pipes, in the order they run. */
  readonly pipes: readonly PipeLike[];
}

interface OverriddenEnhancer {
  readonly name: string;
  readonly declarations: readonly PolicyDeclaration[];
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
  const enforced: string[] = [];
  const reasons: string[] = [];
  const overridden: OverriddenEnhancer[] = [];
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
      enforced.push(...((instance as Partial<CompilableEnhancer> | undefined)?.portcullisEnforces?.() ?? []));
      if (instance !== undefined && isCompilable(instance, action)) {
        declarations.push(...instance.portcullisPolicies());
        continue;
      }
      reasons.push(`${kind} ${nameOf(instance)}`);
      if (instance !== undefined && statesPolicies(instance)) {
        overridden.push({ name: nameOf(instance), declarations: instance.portcullisPolicies() });
      }
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
    enforced,
    reasons,
    overridden,
    hasForeignFilter: filters.length > 0,
    pipes: pipes as unknown as readonly PipeLike[],
  };
}

/** Controller enhancers, then method enhancers, as instances where Nest holds any. */
function bound(scope: SurveyScope, kind: EnhancerKind): (object | undefined)[] {
  return [...boundEnhancers(scope.controller, kind), ...boundEnhancers(scope.method, kind)].map(
    (reference) => (typeof reference === 'function' ? scope.lookup(reference) : reference),
  );
}

function nameOf(instance: object | undefined): string {
  return instance === undefined ? 'that is not ready at boot' : instance.constructor.name;
}
