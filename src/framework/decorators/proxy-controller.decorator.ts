import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import type { UpstreamDefinition } from '../../contracts/upstream-definition.js';
import { handlerNames } from '../compiler/nest-internals.js';

/** What a proxy controller may say beside its upstream and its prefix. */
export interface ProxyControllerOptions {
  /**
   * What the controller's prefix becomes on the upstream: `/users` turns `/api/users/7` into `/users/7`.
   * May hold the prefix's own parameters. Default: the path stays as it is.
   */
  readonly upstreamPath?: string;
}

/** What `@ProxyController` wrote on a class. */
export interface ProxyControllerMetadata {
  /** `undefined` when a circular import left the definition undefined; boot refuses it. */
  readonly upstream: UpstreamDefinition | undefined;
  readonly prefix: string;
  readonly options: ProxyControllerOptions;
}

/** Which class and method a handler function is. */
export interface HandlerToken {
  readonly controller: abstract new (...args: never[]) => unknown;
  readonly method: string;
}

const PROXY = 'portcullis:proxy-controller';
const TOKEN = 'portcullis:handler';
const ORDINARY = 'portcullis:ordinary-handler';

/**
 * A controller whose routes are forwarded to an upstream.
 *
 * @param upstream what {@link defineUpstream} returned
 * @param prefix the public path of the controller, as in Nest's `@Controller('api/users')`
 */
export function ProxyController(
  upstream: UpstreamDefinition,
  prefix: string,
  options: ProxyControllerOptions = {},
): ClassDecorator {
  return (target) => {
    Controller(prefix)(target);
    Reflect.defineMetadata(PROXY, { upstream, prefix, options } satisfies ProxyControllerMetadata, target);
    markHandlers(target as unknown as HandlerToken['controller'], TOKEN);
  };
}

/** What `@ProxyController` wrote on this very class; a subclass must be decorated itself. */
export function proxyMetadataOf(controller: object): ProxyControllerMetadata | undefined {
  return Reflect.getOwnMetadata(PROXY, controller) as ProxyControllerMetadata | undefined;
}

/** The token of a handler, or of Nest's proxy for it: Nest copies a method's metadata to what it registers. */
export function handlerToken(handler: object): HandlerToken | undefined {
  return Reflect.getMetadata(TOKEN, handler) as HandlerToken | undefined;
}

/** Lets the handlers of an ordinary controller be known in Express too. To be called before Nest registers them. */
export function markOrdinaryHandlers(controller: HandlerToken['controller']): void {
  markHandlers(controller, ORDINARY);
}

/** The token of a handler that {@link markOrdinaryHandlers} saw, or of Nest's proxy for it. */
export function ordinaryToken(handler: object): HandlerToken | undefined {
  return Reflect.getMetadata(ORDINARY, handler) as HandlerToken | undefined;
}

/**
 * Gives every route handler of the class a token. An inherited handler is one function for all subclasses,
 * so the class gets a function of its own that calls it.
 */
function markHandlers(controller: HandlerToken['controller'], key: string): void {
  const prototype = controller.prototype as Record<string, object>;
  for (const name of handlerNames(controller)) {
    const method = prototype[name] as object;
    const own = Object.hasOwn(prototype, name) ? method : inherit(prototype, name, method);
    Reflect.defineMetadata(key, { controller, method: name } satisfies HandlerToken, own);
  }
}

function inherit(prototype: object, name: string, method: object): object {
  const inherited = method as (...args: unknown[]) => unknown;
  const own = {
    [name](this: unknown, ...args: unknown[]): unknown {
      return inherited.apply(this, args);
    },
  }[name] as object;
  for (const key of Reflect.getMetadataKeys(inherited)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, inherited), own);
  }
  Object.defineProperty(prototype, name, {
    value: own,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  return own;
}
