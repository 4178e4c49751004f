import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { Dress, Stage } from '../../contracts/policy.js';
import type { RouteFacts } from '../../contracts/route-facts.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { PlannedPolicy, PlannedRoute } from '../../routing/planned-route.js';
import { kongHeaders } from '../answers/kong-headers.dress.js';
import type { KongConfiguration, KongRoute, KongService } from '../kong-configuration.js';
import type { KongPlugin } from '../kong-plugins.js';
import { KongRefusal } from '../plugins/kong-refusal.js';
import { captureNames } from './capture-names.js';
import { DeclaredRoute } from './declared.route.js';
import { KongRoutes } from './kong.routes.js';
import { kongAccess } from './kong-access.js';
import type { KongPlanParts } from './kong-plan-parts.js';
import { type PlacedPlugin, PluginCompiler } from './plugin.compiler.js';
import { kongPipeline } from './route-pipeline.js';

/** What a Kong file became. */
export interface PlannedKong {
  readonly routes: KongRoutes;
  readonly problems: readonly ConfigProblem[];
}

/** Turns the routes of a Kong file into planned ones, everything about each resolved. */
export function planKong(configuration: KongConfiguration, parts: KongPlanParts): PlannedKong {
  const problems: ConfigProblem[] = [];
  const compiler = new PluginCompiler(configuration, parts, problems);
  const ownHeaders = kongHeaders(parts.now);
  const declared = new Map<KongRoute, DeclaredRoute>();
  for (const route of configuration.routes) {
    if (route.service?.enabled === false) continue;
    declared.set(route, declare(route, declared.size, { compiler, parts, ownHeaders }));
  }
  return { routes: new KongRoutes(declared, compiler.closers, parts), problems };
}

interface Shop {
  readonly compiler: PluginCompiler;
  readonly parts: KongPlanParts;
  readonly ownHeaders: Dress;
}

function declare(route: KongRoute, rank: number, { compiler, parts, ownHeaders }: Shop): DeclaredRoute {
  const { service } = route;
  const backend = service === undefined ? undefined : parts.backends.of(service);
  const facts: Writable<RouteFacts> = {
    id: route.name ?? route.id,
    methods: route.methods.length === 0 ? undefined : route.methods,
    path: pathPhrase(route.paths),
    paramNames: captureNames(route.paths),
    handler: `${route.place.file}:${route.place.line}`,
    upstream: backend?.name,
    proxied: true,
    authenticated: false,
    upgrades: service !== undefined && takesHandshakes(route),
  };
  const plugins = compiler.on(route, facts);
  const everywhere = plugins.flatMap(({ instance }) => instance ?? []) as readonly KongPlugin[];
  const access = kongAccess(everywhere);
  facts.authenticated = !access.isPublic;
  facts.verifiedBy = access.requirements.find(({ kind }) => kind === 'authentication')?.names;
  const { before, shape, dress, logs } = kongPipeline(plugins.map(({ slot }) => slot));
  facts.shapesAnswers = shape !== undefined;
  Object.freeze(facts);
  const limit = bodyLimit(facts, plugins, parts);
  const planned: PlannedRoute = {
    facts,
    pattern: undefined,
    rank,
    mode: 'compiled',
    reasons: [],
    policies: [...limit.policies, ...plugins.map((plugin) => plugin.planned)],
    exceptions: [],
    before: [...limit.before, ...before, ...handshakes(facts, service, parts)],
    after: shape === undefined ? [] : [(exchange, response) => once(exchange, response, shape)],
    dress: inTurn([...dress, ownHeaders]),
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

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

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

function inTurn(all: readonly Dress[]): Dress {
  const [only] = all;
  if (all.length === 1) return only as Dress;
  return (exchange, headers) => all.reduce((fields, dress) => dress(exchange, fields), headers);
}

/** Only a plugin could have answered. */
function noService(): never {
  throw new KongRefusal('upstream-unreachable', {
    status: 503,
    message: 'no Service found with those values',
  });
}

/** The gateway's own limit stands where the route has none of its own. */
function bodyLimit(
  facts: RouteFacts,
  plugins: readonly PlacedPlugin[],
  { policies, bodyLimitBytes }: KongPlanParts,
): { readonly before: readonly Stage[]; readonly policies: readonly PlannedPolicy[] } {
  if (plugins.some(({ instance }) => instance?.name === 'request-size-limiting'))
    return { before: [], policies: [] };
  const { before } = policies.compile('body-limit', { limit: bodyLimitBytes }, facts);
  const planned: PlannedPolicy = {
    name: 'body-limit',
    stage: 'admission',
    description: `${bodyLimitBytes} bytes`,
    bufferLimitBytes: undefined,
  };
  return { before: before === undefined ? [] : [before], policies: [planned] };
}

function takesHandshakes({ methods, protocols }: KongRoute): boolean {
  const overHttp = protocols.includes('http') || protocols.includes('https');
  return overHttp && (methods.length === 0 || methods.includes('GET'));
}

const WEEK_MS = 604_800_000;

/** A WebSocket that is silent for the service's read timeout is closed, as nginx closes it. Kong looks at no `Origin`. */
function handshakes(
  facts: RouteFacts,
  service: KongService | undefined,
  { policies }: KongPlanParts,
): readonly Stage[] {
  if (service === undefined || facts.upgrades !== true) return [];
  const idleMs = Math.min(service.readTimeoutMs, WEEK_MS);
  const { before } = policies.compile('websocket', { idleMs, origins: 'any' }, facts);
  return before === undefined ? [] : [before];
}

function pathPhrase(paths: readonly string[]): string {
  const [first = '/', ...others] = paths;
  return others.length === 0 ? first : `${first} (and ${others.length} more)`;
}
