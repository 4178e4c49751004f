import { Inject, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import { mayOverlap } from '../../routing/path-pattern.js';
import { type OpaqueRoute, Plan } from '../../routing/plan.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import { takesMethod } from '../../routing/taken-method.js';
import { type HandlerToken, proxyMetadataOf } from '../decorators/proxy-controller.decorator.js';
import { GatewayAdapter } from '../gateway.adapter.js';
import { checkDeclaredInvariants, INVARIANTS } from '../invariants/declared-invariants.check.js';
import type { Invariant } from '../invariants/invariant.js';
import { type ControllerFacts, ControllerReader } from './controller.reader.js';
import { type ExpressRoute, type ExpressSurvey, type KnownLayers, surveyExpress } from './express.survey.js';
import { internalsAgree, readsPlainQueries } from './nest-internals.js';
import { checkOrdinaryControllers } from './ordinary-controllers.check.js';
import { ordinaryPipeline, ordinaryRoute, UNMATCHED } from './ordinary-route.js';
import { PolicyCatalogue } from './policy.catalogue.js';
import { ProxyRouteCompiler } from './proxy-route.compiler.js';
import { checkInvariants, type RouteUnderCheck } from './route.invariants.js';

/** What the builder made of the application as it stands. */
export interface BuiltPlan {
  readonly plan: Plan;
  /** Everything that must be mended before the gateway may listen. */
  readonly problems: readonly ConfigProblem[];
  /** The routes of a handler function, for the interpreted way. */
  readonly byHandler: ReadonlyMap<object, readonly PlannedRoute[]>;
  /** How many layers of Express the plan was made for. */
  readonly surveySize: number;
  /** What the application put in front of all its routes, and declared ones pass by. */
  readonly inFront: readonly string[];
}

export interface BuildOptions {
  /** The gateway's own guard, interceptor and filter. */
  readonly own: ReadonlySet<object>;
  /** `off` interprets every route (`PORTCULLIS_COMPILE=off`). */
  readonly compile: 'auto' | 'off';
}

/**
 * Turns the started Nest application into the plan.
 *
 * 1. read what is registered in Express  2. compile each proxy route, or say why not
 * 3. check what must hold over all routes  4. put them into one table
 */
@Injectable()
export class PlanBuilder {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost,
    private readonly catalogue: PolicyCatalogue,
    @Inject(INVARIANTS) private readonly invariants: readonly Invariant[],
  ) {}

  build(options: BuildOptions): BuiltPlan {
    const problems: ConfigProblem[] = [];
    const adapter = this.host.httpAdapter;
    const gateway = adapter instanceof GatewayAdapter ? adapter : undefined;
    // 1
    const survey = surveyExpress(adapter.getInstance(), gateway?.layers ?? NOTHING_KNOWN) ?? NO_SURVEY;
    const reader = new ControllerReader(this.discovery, this.config, options.own);
    problems.push(...checkOrdinaryControllers(reader, this.catalogue));

    // 2
    const everywhere = [...this.reasonsEverywhere(gateway, survey, options)];
    const compiler = new ProxyRouteCompiler(reader, this.catalogue, this.config, problems, {
      plainQuery: readsPlainQueries(adapter.getInstance()),
    });
    const routes: PlannedRoute[] = [];
    const opaque: OpaqueRoute[] = [];
    const checks: RouteUnderCheck[] = [];
    const byHandler = new Map<object, PlannedRoute[]>();
    for (const registered of survey.routes) {
      const controller = controllerOf(registered.token, reader);
      const compiled =
        controller === undefined
          ? undefined
          : compiler.compile(registered, controller, [
              ...everywhere,
              ...middlewareBefore(survey, registered),
            ]);
      const route = compiled?.check.route ?? ordinaryRoute(registered, this.catalogue, problems);
      routes.push(route);
      if (route.pattern === undefined) opaque.push({ route, match: registered.match });
      if (compiled === undefined) continue;
      checks.push(compiled.check);
      byHandler.set(compiled.handler, [...(byHandler.get(compiled.handler) ?? []), route]);
    }
    // 3
    const proxied = checks.map(({ route }) => route);
    problems.push(
      ...compiler.unrouted(),
      ...checkInvariants(checks),
      ...checkDeclaredInvariants(this.invariants, proxied),
    );
    // 4
    const fallsThrough = survey.middleware.length > 0 || this.hasForeignFilter(options);
    const { dress } = ordinaryPipeline([this.catalogue.globals], UNMATCHED, this.catalogue, []);
    return {
      plan: new Plan(routes, opaque, fallsThrough, dress),
      problems,
      byHandler,
      surveySize: survey.size,
      inFront: [...survey.middleware.map(({ name }) => name), ...this.foreignEnhancers(options)],
    };
  }

  private *reasonsEverywhere(
    gateway: GatewayAdapter | undefined,
    survey: ExpressSurvey,
    options: BuildOptions,
  ): Iterable<string> {
    if (options.compile === 'off') yield 'compilation is off';
    if (gateway === undefined) yield 'the application runs without the gateway adapter';
    else yield* gateway.hooks;
    if (survey === NO_SURVEY) yield 'the routes of this Express version cannot be read';
    if (!internalsAgree()) yield 'this version of Nest keeps its metadata elsewhere';
    if (this.config.getGlobalPreRequestHooks().length > 0) yield 'a pre-request hook';
  }

  private foreignEnhancers({ own }: BuildOptions): readonly string[] {
    const enhancers = [...this.config.getGlobalGuards(), ...this.config.getGlobalInterceptors()];
    return (enhancers as unknown as object[])
      .filter((enhancer) => !own.has(enhancer))
      .map((enhancer) => enhancer.constructor.name);
  }

  private hasForeignFilter(options: BuildOptions): boolean {
    const filters = this.config.getGlobalFilters() as unknown as object[];
    return (
      filters.some((filter) => !options.own.has(filter)) || this.config.getGlobalRequestFilters().length > 0
    );
  }
}

const NOTHING_KNOWN: KnownLayers = { own: new WeakSet(), labels: new WeakMap() };

const NO_SURVEY: ExpressSurvey = Object.freeze({ routes: [], middleware: [], size: -1 });

function controllerOf(
  token: HandlerToken | undefined,
  reader: ControllerReader,
): ControllerFacts | undefined {
  if (token === undefined || proxyMetadataOf(token.controller) === undefined) return undefined;
  return reader.controller(token.controller as Type);
}

/** Middleware that Express would run before the route, wherever both could see the same request. */
function middlewareBefore(survey: ExpressSurvey, route: ExpressRoute): readonly string[] {
  return survey.middleware
    .filter(({ rank, mount, methods }) => {
      if (rank > route.rank || !shareMethod(methods, route.methods)) return false;
      return mount === undefined || route.path === undefined || mayOverlap(mount, route.path);
    })
    .map(({ name }) => name);
}

/** Whether one request could be taken by both; whoever takes GET takes HEAD. */
function shareMethod(left: readonly string[] | undefined, right: readonly string[] | undefined): boolean {
  if (left === undefined || right === undefined) return true;
  const [ours, theirs] = [new Set(left), new Set(right)];
  return (
    left.some((method) => takesMethod(theirs, method)) || right.some((method) => takesMethod(ours, method))
  );
}
