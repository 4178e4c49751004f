import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { type EnhancerSurvey, type PipeLike, surveyEnhancers } from './enhancer.survey.js';

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

/** A controller as Nest holds it. */
export interface ControllerFacts {
  readonly type: Type;
  readonly instance: object;
  /** Why no handler of it can be compiled. */
  readonly reasons: readonly string[];
  /** Whether the module that declares it, or one it imports, provides the token. */
  readonly canInject: (token: string) => boolean;
  readonly moduleName: string;
}

/** Reads controllers and what is bound on them from Nest's container. */
export class ControllerReader {
  readonly #wrappers: readonly Wrapper[];

  constructor(
    discovery: DiscoveryService,
    private readonly config: ApplicationConfig,
    private readonly own: ReadonlySet<object>,
  ) {
    this.#wrappers = discovery.getControllers();
  }

  /** Every controller class, once. */
  types(): readonly Type[] {
    return [...new Set(this.#wrappers.map((wrapper) => wrapper.metatype as Type))];
  }

  controller(type: Type): ControllerFacts | undefined {
    const all = this.#wrappersOf(type);
    const [wrapper] = all;
    if (wrapper === undefined) return undefined;
    const reasons: string[] = [];
    // Two modules make two instances, and a path alone does not say whose turn it is.
    if (all.length > 1) reasons.push('a controller that several modules declare');
    if (!wrapper.isDependencyTreeStatic()) reasons.push('a request-scoped provider');
    return {
      type,
      instance: wrapper.instance as object,
      reasons,
      canInject: (token) => {
        const host = wrapper.host;
        if (host === undefined) return false;
        return host.providers.has(token) || [...host.imports].some((module) => module.exports.has(token));
      },
      moduleName: wrapper.host?.name ?? 'its module',
    };
  }

  enhancers(type: Type, method: object): EnhancerSurvey {
    const [wrapper] = this.#wrappersOf(type);
    return surveyEnhancers({
      config: this.config,
      controller: type,
      method,
      own: this.own,
      lookup: (reference) => this.#injectable(wrapper, reference),
    });
  }

  /** The instance of a pipe bound on a parameter. */
  pipe(type: Type, reference: object): PipeLike | undefined {
    const [wrapper] = this.#wrappersOf(type);
    return this.#injectable(wrapper, reference) as PipeLike | undefined;
  }

  #wrappersOf(type: Type): readonly Wrapper[] {
    return this.#wrappers.filter((wrapper) => wrapper.metatype === type);
  }

  #injectable(wrapper: Wrapper | undefined, reference: object): object | undefined {
    const found = wrapper?.host?.injectables.get(reference as Type);
    if (found === undefined || !found.isDependencyTreeStatic()) return undefined;
    // A testing module may have put a value in the class's place: the instance is what runs.
    return found.instance as object;
  }
}
