import { type Type, VersioningType } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { declarationLevels, type PolicyDeclaration } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { AUTHENTICATE } from '../../policies/authenticate/authenticate.options.js';
import { FILTER_RESPONSE } from '../../policies/filter-response/filter-response.decorator.js';
import { RATE_LIMIT } from '../../policies/rate-limit/rate-limit.options.js';
import { needsThrottlerGuard } from '../../policies/rate-limit/throttler/throttler.declarations.js';
import { WEBSOCKET } from '../../policies/websocket/websocket.decorator.js';
import { type PathPattern, paramNamesOf, parsePathPattern } from '../../routing/path-pattern.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { upstreamToken } from '../decorators/inject-upstream.decorator.js';
import {
  type HandlerToken,
  type ProxyControllerMetadata,
  proxyMetadataOf,
} from '../decorators/proxy-controller.decorator.js';
import { CORS_HOOK } from '../gateway.adapter.js';
import { prepareCall } from './call.preparation.js';
import type { ControllerFacts, ControllerReader } from './controller.reader.js';
import type { EnhancerSurvey } from './enhancer.survey.js';
import type { ExpressRoute } from './express.survey.js';
import { bindHandler, planArguments } from './handler.binder.js';
import {
  answerDecorators,
  handlerArguments,
  hostOf,
  materialDecorators,
  versionOf,
  writesResponse,
} from './nest-internals.js';
import { UNMATCHED } from './ordinary-route.js';
import type { PolicyCatalogue } from './policy.catalogue.js';
import {
  compilePolicies,
  type ResolvedPolicies,
  type RoutePipeline,
  resolvePolicies,
} from './policy.resolution.js';
import type { RouteUnderCheck } from './route.invariants.js';
import { publicPrefix, upstreamPathProblems, upstreamPattern } from './upstream-path.js';

type Handler = (...args: unknown[]) => unknown;

export interface CompiledProxyRoute {
  readonly check: RouteUnderCheck;
  /** The handler function, by which Nest's execution context knows the route. */
  readonly handler: object;
}

/** Makes the planned route of each registered handler of a proxy controller. */
export class ProxyRouteCompiler {
  readonly #checkedControllers = new Set<Type>();

  constructor(
    private readonly reader: ControllerReader,
    private readonly catalogue: PolicyCatalogue,
    private readonly config: ApplicationConfig,
    private readonly problems: ConfigProblem[],
    private readonly express: { readonly plainQuery: boolean },
  ) {}

  /**
   * 1. what the controller says  2. the policies  3. compiled or interpreted, and why  4. the planned route
   *
   * @param outside reasons that do not lie in the handler itself
   * @returns `undefined` when the route is another class's: a subclass that is no proxy controller itself
   */
  compile(
    registered: ExpressRoute,
    controller: ControllerFacts,
    outside: readonly string[],
  ): CompiledProxyRoute | undefined {
    // 1
    const { method: methodName } = registered.token as HandlerToken;
    const proxy = proxyMetadataOf(controller.type) as ProxyControllerMetadata;
    const method = (controller.type.prototype as Record<string, Handler>)[methodName] as Handler;
    const prefix = publicPrefix(registered.path, proxy.prefix, method);
    if (prefix === undefined) return undefined;
    this.#checkController(controller, proxy);
    const pattern = registered.path === undefined ? undefined : parsePathPattern(registered.path);
    const enhancers = this.reader.enhancers(controller.type, method);

    // 2
    const where = `${controller.type.name}.${methodName}`;
    const throttle = this.#throttle(controller.type, methodName, enhancers);
    const resolved = this.#policies(
      controller.type,
      method,
      throttle.enhancers,
      throttle.declarations,
      where,
    );
    const identity = resolved.get(AUTHENTICATE);
    const facts: RouteFacts & { shapesAnswers: boolean } = {
      id: `${registered.methods?.join('|') ?? 'ALL'} ${registered.path}`,
      methods: registered.methods,
      path: registered.path as string,
      paramNames: pattern?.paramNames ?? paramNamesOf(registered.path as string),
      handler: where,
      upstream: proxy.upstream?.name,
      proxied: true,
      authenticated: identity !== undefined && identity.options !== undefined,
      verifiedBy: this.#verifiedBy(identity),
      shapesAnswers: false,
      upgrades: resolved.get(WEBSOCKET)?.options !== undefined,
    };
    const pipeline = compilePolicies(resolved, this.catalogue.byName, facts, this.problems);
    facts.shapesAnswers = pipeline.after.length > 0;
    Object.freeze(facts);
    this.#checkAnswer(controller.type, methodName, pipeline, where);
    this.#checkOverridden(enhancers, resolved, where);
    if (pipeline.preflight !== undefined && outside.includes(CORS_HOOK)) {
      this.problems.push({
        where,
        message:
          "app.enableCors() stands in front of it and a policy of the gateway's answers preflights as well; keep one.",
      });
    }
    for (const message of upstreamPathProblems(prefix, proxy.options.upstreamPath)) {
      this.problems.push({ where, message });
    }

    // 3
    const handed = handlerArguments(controller.type, methodName);
    const args = planArguments({
      arguments: handed,
      types:
        (Reflect.getMetadata('design:paramtypes', controller.type.prototype, methodName) as unknown[]) ?? [],
      pipes: enhancers.pipes,
      lookupPipe: (reference) => this.reader.pipe(controller.type, reference),
      wildcard: wildcardOf(pattern),
      plainQuery: this.express.plainQuery,
    });
    const reasons = [
      ...outside,
      ...controller.reasons,
      ...enhancers.reasons,
      ...args.reasons,
      ...this.#answerReasons(controller.type, method),
      ...throttle.reasons,
      ...(pattern === undefined ? ['a path only Express can match'] : []),
    ];

    // 4
    const compiled = reasons.length === 0 && args.readers !== undefined;
    const bound = (controller.instance as Record<string, Handler>)[methodName] as Handler;
    const route: PlannedRoute = {
      facts,
      pattern,
      rank: registered.rank,
      mode: compiled ? 'compiled' : 'interpreted',
      reasons: [...new Set(reasons)],
      policies: pipeline.policies,
      exceptions: pipeline.exceptions,
      before: pipeline.before,
      after: pipeline.after,
      dress: pipeline.dress,
      preflight: pipeline.preflight,
      access: {
        isPublic: identity !== undefined && identity.options === undefined,
        requirements: pipeline.requirements,
      },
      prepare: prepareCall(prefix, proxy.options.upstreamPath),
      handle: compiled ? bindHandler(controller.instance, bound, args.readers) : undefined,
      readsBody: handed.some(({ name }) => BODY_ARGUMENTS.has(name)),
      nestAnswers: materialDecorators(method).length > 0,
      deopt: enhancers.hasForeignFilter,
    };
    return {
      check: underCheck(route, resolved, prefix, proxy, this.#condition(controller.type, method)),
      handler: method,
    };
  }

  /** Proxy controllers that no module declares cannot be seen; those without any route are a mistake. */
  unrouted(): readonly ConfigProblem[] {
    return this.reader
      .types()
      .filter((type) => proxyMetadataOf(type) !== undefined && !this.#checkedControllers.has(type))
      .map((type) => ({
        where: type.name,
        message: 'it has no route; add a handler such as @All(["", "*path"]) that forwards the call.',
      }));
  }

  #policies(
    type: Type,
    method: object,
    enhancers: EnhancerSurvey,
    throttled: readonly PolicyDeclaration[],
    where: string,
  ): ResolvedPolicies {
    const { globals, defaults } = this.catalogue;
    // An enhancer stands for a policy unless the route declares that policy itself; two of a kind mean the same.
    const implied = new Map<string, PolicyDeclaration>();
    for (const declaration of enhancers.declarations) {
      if (!implied.has(declaration.policy)) implied.set(declaration.policy, declaration);
    }
    const levels = [...declarationLevels(method, type), throttled, [...implied.values()], globals, defaults];
    return resolvePolicies(levels, where, this.problems);
  }

  /**
   * What `@Throttle` and `@SkipThrottle` say. Where only ThrottlerGuard itself understands it, the guard runs on the
   * interpreted way and the plan counts nothing, or the request would count twice.
   */
  #throttle(type: Type, method: string, enhancers: EnhancerSurvey) {
    const declarations = this.catalogue.throttlers.declarations(type, method);
    const reason = needsThrottlerGuard(declarations[0]);
    if (reason === undefined) return { declarations, enhancers, reasons: [] };
    const others = enhancers.declarations.filter(({ policy }) => policy !== RATE_LIMIT);
    // Without the guard nothing would enforce it: the declaration stays, and its check refuses to boot.
    if (others.length === enhancers.declarations.length)
      return { declarations, enhancers, reasons: [reason] };
    return { declarations: [], enhancers: { ...enhancers, declarations: others }, reasons: [reason] };
  }

  /**
   * The methods of which one says who calls. Where several must accept a caller, the first one does.
   */
  #verifiedBy(identity: PolicyDeclaration | undefined): readonly string[] | undefined {
    const policy = this.catalogue.byName.get(AUTHENTICATE);
    if (identity?.options === undefined || policy?.access === undefined) return undefined;
    // A method that is not sound has nothing to tell; it is refused with its own words.
    if (policy.check(identity.options, UNMATCHED).length > 0) return undefined;
    const [first] = policy.access(identity.options);
    return first?.kind === 'authentication' ? first.names : [];
  }

  #checkController(controller: ControllerFacts, proxy: ProxyControllerMetadata): void {
    if (this.#checkedControllers.has(controller.type)) return;
    this.#checkedControllers.add(controller.type);
    const where = controller.type.name;
    if (typeof proxy.upstream?.name !== 'string') {
      this.problems.push({
        where,
        message:
          'its upstream is undefined; give @ProxyController what defineUpstream(…) returned (a circular import leaves it undefined).',
      });
    } else if (!controller.canInject(upstreamToken(proxy.upstream))) {
      this.problems.push({
        where,
        message: `the upstream "${proxy.upstream.name}" is not imported; add UpstreamModule.forFeature(…) to the imports of ${controller.moduleName}.`,
      });
    }
  }

  #checkAnswer(type: Type, method: string, pipeline: RoutePipeline, where: string): void {
    if (pipeline.after.length === 0) return;
    const written = [
      ...(writesResponse(type, method) ? ['@Res()'] : []),
      ...materialDecorators((type.prototype as Record<string, object>)[method] as object),
    ];
    if (written.length === 0) return;
    const names = pipeline.policies.filter(({ stage }) => stage === 'filter').map(({ name }) => name);
    this.problems.push({
      where,
      message: `${written.join(' and ')} writes the answer past the gateway, so ${names.join(' and ')} cannot see it; return the answer instead.`,
    });
  }

  /** A guard that extends one of the gateway's and overrides it stands for nothing any more, and must not seem to. */
  #checkOverridden({ overridden }: EnhancerSurvey, resolved: ResolvedPolicies, where: string): void {
    for (const { name, declarations } of overridden) {
      for (const { policy } of declarations) {
        if (resolved.has(policy)) continue;
        this.problems.push({
          where,
          message: `${name} overrides what it inherits from the gateway, so it no longer stands for the policy "${policy}" and nothing else does here; declare the policy on the route, or extend no guard of the gateway.`,
        });
      }
    }
  }

  #answerReasons(type: Type, method: object): readonly string[] {
    const reasons = [...answerDecorators(method)];
    if (hostOf(type) !== undefined) reasons.push('a host-scoped controller');
    if (this.#version(type, method) !== undefined) reasons.push('@Version');
    return reasons;
  }

  /** The version that Nest looks for in a request; with URI versioning it is part of the path instead. */
  #version(type: Type, method: object): ReturnType<typeof versionOf> {
    const versioning = this.config.getVersioning();
    if (versioning === undefined || versioning.type === VersioningType.URI) return undefined;
    return versionOf(type, method) ?? versioning.defaultVersion;
  }

  #condition(type: Type, method: object): string {
    const conditions = [hostOf(type), this.#version(type, method)];
    return conditions
      .map((condition) => (condition === undefined ? '' : String(condition)))
      .join(' ')
      .trim();
  }
}

const BODY_ARGUMENTS = new Set(['@Body', '@RawBody']);

function wildcardOf(pattern: PathPattern | undefined): string | undefined {
  const last = pattern?.segments.at(-1);
  return last?.kind === 'wildcard' ? last.name : undefined;
}

function underCheck(
  route: PlannedRoute,
  resolved: ResolvedPolicies,
  prefix: string,
  proxy: ProxyControllerMetadata,
  condition: string,
): RouteUnderCheck {
  const identity = resolved.get(AUTHENTICATE);
  const filter = resolved.get(FILTER_RESPONSE);
  return {
    route,
    isPublic: identity !== undefined && identity.options === undefined,
    isFiltered: filter !== undefined && filter.options !== undefined,
    isUnfilteredOnPurpose: filter !== undefined && filter.options === undefined,
    upstreamPattern: upstreamPattern(route.facts.path, prefix, proxy.options.upstreamPath),
    condition,
  };
}
