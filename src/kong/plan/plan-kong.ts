import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import { atOnce, type Steps } from '../../contracts/steps.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PlannedRoute } from '../../routing/planned-route.js';
import type { KongConfiguration, KongRoute } from '../kong-configuration.js';
import type { KongPlugin } from '../kong-plugins.js';
import { KongRefusal } from '../plugins/kong-refusal.js';
import { captureNames } from './capture-names.js';
import { CommonStages, NO_LIMIT } from './common-stages.js';
import { DeclaredRoute } from './declared.route.js';
import { grpcOnly, isGrpcRoute } from './grpc.stage.js';
import { KongRoutes } from './kong.routes.js';
import { kongAccess } from './kong-access.js';
import type { KongPlanParts } from './kong-plan-parts.js';
import { NO_ROUTE } from './no-route.js';
import { PluginCompiler } from './plugin.compiler.js';
import { dressInTurn, kongPipeline } from './route-pipeline.js';
import { Stranded } from './stranded.js';

/** What a Kong file became. */
export interface PlannedKong {
  readonly routes: KongRoutes;
  readonly problems: readonly ConfigProblem[];
}

/** Turns the routes of a Kong file into planned ones, everything about each resolved. */
export function planKong(configuration: KongConfiguration, parts: KongPlanParts): PlannedKong {
  return atOnce(planningKong(configuration, parts));
}

/** {@link planKong} in steps. */
export function* planningKong(configuration: KongConfiguration, parts: KongPlanParts): Steps<PlannedKong> {
  const problems: ConfigProblem[] = [];
  const compiler = new PluginCompiler(configuration, parts, problems);
  const common = new CommonStages(parts);
  const declared = new Map<KongRoute, DeclaredRoute>();
  for (const route of configuration.routes) {
    if (route.service?.enabled === false) continue;
    declared.set(route, declare(route, declared.size, { compiler, parts, common }));
    yield;
  }
  const stranded = new Stranded(compiler.beyondRoutes(NO_ROUTE), common.dress);
  return { routes: new KongRoutes(declared, stranded, compiler.closers, parts), problems };
}

interface Shop {
  readonly compiler: PluginCompiler;
  readonly parts: KongPlanParts;
  readonly common: CommonStages;
}

function declare(route: KongRoute, rank: number, { compiler, parts, common }: Shop): DeclaredRoute {
  const { service } = route;
  const backend = service === undefined ? undefined : parts.backends.of(service);
  const chosen = compiler.chosen(route);
  const access = kongAccess(chosen.flatMap(({ everyone }) => everyone ?? []) as readonly KongPlugin[]);
  const facts: RouteFacts & { shapesAnswers: boolean } = {
    id: route.name ?? route.id,
    methods: route.methods.length === 0 ? undefined : route.methods,
    path: pathPhrase(route.paths),
    paramNames: captureNames(route.paths),
    handler: `${route.place.file}:${route.place.line}`,
    upstream: backend?.name,
    proxied: true,
    authenticated: !access.isPublic,
    verifiedBy: access.requirements.find(({ kind }) => kind === 'authentication')?.names,
    shapesAnswers: false,
    upgrades: service !== undefined && takesHandshakes(route),
  };
  const plugins = compiler.place(chosen, route, facts);
  const { before, shape, dress, notes, logs } = kongPipeline(plugins.map(({ slot }) => slot));
  facts.shapesAnswers = shape !== undefined;
  Object.freeze(facts);
  const limited = chosen.some(({ everyone }) => everyone?.name === 'request-size-limiting');
  const limit = limited ? NO_LIMIT : common.bodyLimit;
  const planned: PlannedRoute = {
    facts,
    pattern: undefined,
    rank,
    mode: 'compiled',
    reasons: [],
    policies: [...limit.policies, ...plugins.map((plugin) => plugin.planned)],
    exceptions: [],
    before: [
      ...(isGrpcRoute(route) ? [grpcOnly] : []),
      ...limit.before,
      ...before,
      ...(service !== undefined && facts.upgrades === true ? [common.handshake(service)] : []),
    ],
    after: shape === undefined ? [] : [(exchange, response) => once(exchange, response, shape)],
    dress: dressInTurn([...dress, common.dress, ...notes]),
    preflight: undefined,
    access,
    prepare: () => {},
    handle: backend === undefined ? noService : (exchange) => backend.forward(callOf(exchange)),
    readsBody: false,
    nestAnswers: false,
    deopt: false,
  };
  return new DeclaredRoute(planned, route, shape, logs);
}

const callOf = ({ call }: Exchange): NonNullable<Exchange['call']> => call as NonNullable<Exchange['call']>;

/** An answer that was shaped once is not shaped again when something behind fails. */
function once(
  exchange: Exchange,
  response: UpstreamResponse,
  shape: NonNullable<Exchange['shapeOwnAnswer']>,
): UpstreamResponse | Promise<UpstreamResponse> {
  exchange.shapeOwnAnswer = undefined;
  return shape(exchange, response);
}

/** Only a plugin could have answered. */
function noService(): never {
  throw new KongRefusal('upstream-unreachable', {
    status: 503,
    message: 'no Service found with those values',
  });
}

function takesHandshakes({ methods, protocols }: KongRoute): boolean {
  const overHttp = protocols.includes('http') || protocols.includes('https');
  return overHttp && (methods.length === 0 || methods.includes('GET'));
}

function pathPhrase(paths: readonly string[]): string {
  const [first = '/', ...others] = paths;
  return others.length === 0 ? first : `${first} (and ${others.length} more)`;
}
