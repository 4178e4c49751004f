import { METHODS } from 'node:http';
import type { PathParams } from '../../routing/path-pattern.js';
import { type HandlerToken, handlerToken, ordinaryToken } from '../decorators/proxy-controller.decorator.js';
import { type ExpressLayer, isRouteHandler, routerStack } from './nest-internals.js';

/** A route as it stands in Express, in the order Express tries it. */
export interface ExpressRoute {
  readonly rank: number;
  /** `undefined` when the path is a RegExp or a list. */
  readonly path: string | undefined;
  /** Upper-case; `undefined` takes every method. */
  readonly methods: readonly string[] | undefined;
  /** Set for a handler of a proxy controller. */
  readonly token: HandlerToken | undefined;
  /** Set for a handler of an ordinary controller that declares something the edge carries out. */
  readonly ordinary: HandlerToken | undefined;
  /** The parameters of a path that matches, as Express decodes them. */
  readonly match: (path: string) => PathParams | undefined;
}

/** A middleware that is not the gateway's own, or a handler registered by hand: either may answer, or call `next()`. */
export interface ForeignMiddleware {
  readonly rank: number;
  readonly name: string;
  /** `undefined` when it cannot be read: it is then taken to run everywhere. */
  readonly mount: string | undefined;
  /** `undefined` takes every method. */
  readonly methods: readonly string[] | undefined;
}

export interface ExpressSurvey {
  readonly routes: readonly ExpressRoute[];
  readonly middleware: readonly ForeignMiddleware[];
  /** How many layers were seen: a different number later means the survey is out of date. */
  readonly size: number;
}

/** The layers of Express that the gateway knows more about than their functions say. */
export interface KnownLayers {
  /** Layers the gateway itself registered or took responsibility for. */
  readonly own: WeakSet<object>;
  /** What a foreign layer is, in words for the route table. */
  readonly labels: WeakMap<object, string>;
}

/**
 * Reads what is really registered in Express: the one place where every door of Nest ends up
 * (`app.use`, `consumer.apply`, CORS, security headers, CSRF, hooks, static files, raw handlers).
 *
 * @returns `undefined` when the stack cannot be read
 */
export function surveyExpress(express: unknown, known: KnownLayers): ExpressSurvey | undefined {
  const stack = routerStack(express);
  if (stack === undefined) return undefined;
  const routes: ExpressRoute[] = [];
  const middleware: ForeignMiddleware[] = [];
  for (const [rank, layer] of stack.entries()) {
    if (known.own.has(layer)) continue;
    const label = known.labels.get(layer);
    if (layer.route === undefined) middleware.push(readMiddleware(rank, layer, label));
    else if (isNestRoute(layer.route)) routes.push(readRoute(rank, layer, layer.route));
    else middleware.push(readRawRoute(rank, layer.route, label));
  }
  return { routes, middleware, size: stack.length };
}

/** The methods Express registers for `app.all()`; CONNECT never reaches a route. */
const EVERY_METHOD = METHODS.filter((method) => method !== 'CONNECT');

function readRoute(
  rank: number,
  layer: ExpressLayer,
  route: NonNullable<ExpressLayer['route']>,
): ExpressRoute {
  const [first, ...others] = route.stack;
  // `app.all()` registers one handler once per method; several different handlers are none of Nest's doing.
  const handler = others.every(({ handle }) => handle === first?.handle) ? first?.handle : undefined;
  return {
    rank,
    path: typeof route.path === 'string' ? route.path : undefined,
    methods: methodsOf(route),
    token: handler === undefined ? undefined : handlerToken(handler),
    ordinary: handler === undefined ? undefined : ordinaryToken(handler),
    match: (path) => layer.match(path)?.params,
  };
}

/** Upper-case; `undefined` when the route takes every method. */
function methodsOf(route: NonNullable<ExpressLayer['route']>): readonly string[] | undefined {
  const methods = Object.keys(route.methods).map((method) => method.toUpperCase());
  const every = methods.includes('_ALL') || EVERY_METHOD.every((method) => methods.includes(method));
  return every ? undefined : methods;
}

/** Nest copies a handler's metadata to what it registers; what has none was registered by hand and may call `next()`. */
function isNestRoute(route: NonNullable<ExpressLayer['route']>): boolean {
  return route.stack.every(({ handle }) => isRouteHandler(handle));
}

function readRawRoute(
  rank: number,
  route: NonNullable<ExpressLayer['route']>,
  label: string | undefined,
): ForeignMiddleware {
  return {
    rank,
    name: label ?? nameOf('handler', route.stack[0]?.handle),
    mount: typeof route.path === 'string' ? route.path : undefined,
    methods: methodsOf(route),
  };
}

function readMiddleware(rank: number, layer: ExpressLayer, label: string | undefined): ForeignMiddleware {
  return {
    rank,
    name: label ?? nameOf('middleware', layer.handle),
    mount: typeof layer.rawPath === 'string' ? layer.rawPath : undefined,
    methods: undefined,
  };
}

function nameOf(kind: string, handle: object | undefined): string {
  const name = (handle as { name?: string } | undefined)?.name;
  return name === undefined || name === '' || name === '<anonymous>' ? `a ${kind}` : `${kind} ${name}`;
}
