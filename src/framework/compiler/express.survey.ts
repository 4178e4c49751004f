import { METHODS } from 'node:http';
import { type HandlerToken, handlerToken } from '../decorators/proxy-controller.decorator.js';
import { type ExpressLayer, routerStack } from './nest-internals.js';

/** A route as it stands in Express, in the order Express tries it. */
export interface ExpressRoute {
  readonly rank: number;
  /** `undefined` when the path is a RegExp or a list. */
  readonly path: string | undefined;
  /** Upper-case; `undefined` takes every method. */
  readonly methods: readonly string[] | undefined;
  /** Set for a handler of a proxy controller. */
  readonly token: HandlerToken | undefined;
  readonly matches: (path: string) => boolean;
}

/** A middleware that is not the gateway's own. */
export interface ForeignMiddleware {
  readonly rank: number;
  readonly name: string;
  /** `undefined` when it cannot be read: it is then taken to run everywhere. */
  readonly mount: string | undefined;
}

export interface ExpressSurvey {
  readonly routes: readonly ExpressRoute[];
  readonly middleware: readonly ForeignMiddleware[];
  /** How many layers were seen: a different number later means the survey is out of date. */
  readonly size: number;
}

/**
 * Reads what is really registered in Express: the one place where every door of Nest ends up
 * (`app.use`, `consumer.apply`, CORS, security headers, CSRF, hooks, static files, raw handlers).
 *
 * @param known layers the gateway itself registered or took responsibility for
 * @returns `undefined` when the stack cannot be read
 */
export function surveyExpress(express: unknown, known: WeakSet<object>): ExpressSurvey | undefined {
  const stack = routerStack(express);
  if (stack === undefined) return undefined;
  const routes: ExpressRoute[] = [];
  const middleware: ForeignMiddleware[] = [];
  for (const [rank, layer] of stack.entries()) {
    if (layer.route !== undefined) routes.push(readRoute(rank, layer, layer.route));
    else if (!known.has(layer)) middleware.push(readMiddleware(rank, layer));
  }
  return { routes, middleware, size: stack.length };
}

/** The methods Express registers for `app.all()`; CONNECT never reaches a route. */
const EVERY_METHOD = METHODS.filter((method) => method !== 'CONNECT');

function readRoute(rank: number, layer: ExpressLayer, route: NonNullable<ExpressLayer['route']>): ExpressRoute {
  const methods = Object.keys(route.methods).map((method) => method.toUpperCase());
  const [first, ...others] = route.stack;
  // `app.all()` registers one handler once per method; several different handlers are none of Nest's doing.
  const handler = others.every(({ handle }) => handle === first?.handle) ? first?.handle : undefined;
  return {
    rank,
    path: typeof route.path === 'string' ? route.path : undefined,
    methods: methods.includes('_ALL') || EVERY_METHOD.every((method) => methods.includes(method)) ? undefined : methods,
    token: handler === undefined ? undefined : handlerToken(handler),
    matches: (path) => Boolean(layer.match(path)),
  };
}

function readMiddleware(rank: number, layer: ExpressLayer): ForeignMiddleware {
  const name = (layer.handle as { name?: string }).name;
  return {
    rank,
    name: name === undefined || name === '' ? 'a middleware' : `middleware ${name}`,
    mount: typeof layer.rawPath === 'string' ? layer.rawPath : undefined,
  };
}
