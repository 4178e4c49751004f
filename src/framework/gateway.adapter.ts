import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express, type RequestHandler } from 'express';
import { loadSettings } from '../config/load-settings.js';
import type { Exchange } from '../contracts/exchange.js';
import { exchangeOf } from '../contracts/exchange-of.js';
import { connectResponse } from '../edge/connect.response.js';
import { undressReply } from '../edge/dress-reply.js';
import type { Edge } from '../edge/edge.js';
import { continueOnRead } from '../edge/expect-continue.js';
import { type ParserError, takePrefaced } from '../edge/http2/prior-knowledge.js';
import { refuseMalformed } from '../edge/malformed-request.js';
import { sweepIntervalMs } from '../edge/sweep-interval.js';
import { upgradeResponse } from '../edge/upgrade/upgrade.response.js';
import { asksForWebSocket } from '../edge/upgrade/websocket-request.js';
import type { KnownLayers } from './compiler/express.survey.js';
import { routerStack } from './compiler/nest-internals.js';

/** What the HTTP server is made with; every value is a limit of config/. */
export interface ServerLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

/** What an adapter has that is made without settings: the defaults of the configuration table. */
const DEFAULT_LIMITS: ServerLimits = loadSettings({}).limits;

/** What the route table calls the middleware of `app.enableCors()`. */
export const CORS_HOOK = 'CORS';

/**
 * Nest's Express adapter with the gateway's edge in front: compiled routes never reach Express,
 * everything else does, untouched.
 */
export class GatewayAdapter extends ExpressAdapter {
  /** Layers of Express that are ours, or that we answer for, and names for some that are not. */
  readonly layers: KnownLayers = { own: new WeakSet(), labels: new WeakMap() };
  /** Doors of Nest that act outside Express's stack and cannot be compiled. */
  readonly hooks = new Set<string>();
  /** Takes a connection that speaks HTTP/2; `undefined` where none may. */
  acceptHttp2: ((connection: Socket) => void) | undefined;
  /** Hands a connection to the HTTP/1.1 server past everything that stands in front of it. */
  serveHttp1: (connection: Duplex) => void = () => {};
  #edge: Edge | undefined;
  #surveyed = -1;
  #resurvey: (() => void) | undefined;

  constructor(readonly limits: ServerLimits = DEFAULT_LIMITS) {
    super(prepareExpress());
    // The layer that runs Nest's request and response hooks; the hooks themselves are recorded below.
    for (const layer of routerStack(this.instance) ?? []) this.layers.own.add(layer);
  }

  /** Puts the edge in front. `resurvey` is called when Express's stack grew after the plan was made. */
  attach(edge: Edge, resurvey: () => void): void {
    this.#edge = edge;
    this.#resurvey = resurvey;
  }

  /** Says for how many layers of Express the current plan was made. */
  surveyed(size: number): void {
    this.#surveyed = size;
  }

  override initHttpServer(options: NestApplicationOptions): void {
    if (options?.httpsOptions !== undefined) {
      throw new TypeError(
        'httpsOptions are not supported: TLS comes from the configuration; set TLS_CERT_FILE and TLS_KEY_FILE.',
      );
    }
    const { limits } = this;
    const server = createServer({
      // Node refuses a section as soon as it is not below its limit.
      maxHeaderSize: limits.maxHeaderBytes + 1,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: sweepIntervalMs(limits.headersTimeoutMs, limits.requestTimeoutMs),
      noDelay: true,
      // The edge says so itself, and what it refuses is on record.
      requireHostHeader: false,
      // Node 22 does not know the option and lets go of every connection that asks for an upgrade.
      shouldUpgradeCallback: (req) => this.#edge?.plan.upgrades === true && asksForWebSocket(req),
    });
    // One more than allowed, so that a request over the limit is seen and refused rather than silently cut.
    server.maxHeadersCount = limits.maxHeaderCount + 1;
    refuseMalformed(
      server,
      (exchange, error) => this.#edge?.refuseBody(exchange, error),
      (socket) => this.#edge?.options.transport?.line(socket) ?? '',
      (error, socket) => this.#isHttp2(error, socket),
    );
    const take = (req: IncomingMessage, res: ServerResponse): void => this.#take(req, res);
    server.on('request', take);
    server.on('checkExpectation', take);
    server.on('checkContinue', (req, res) => {
      continueOnRead(req, res);
      take(req, res);
    });
    // The edge refuses it as it refuses any other request: with an answer, on record.
    server.on('connect', (req: IncomingMessage) => take(req, connectResponse(req)));
    server.on('upgrade', (req: IncomingMessage, _socket: Duplex, head: Buffer) => {
      take(req, asksForWebSocket(req) ? upgradeResponse(req, head) : connectResponse(req));
    });
    const [serve] = server.rawListeners('connection');
    // Any duplex will do; the listener's type says less than node:http takes.
    this.serveHttp1 = (connection) => serve?.call(server, connection as Socket);
    this.httpServer = server;
  }

  /** Nobody waits for a tunnel to end by itself. */
  override close(): ReturnType<ExpressAdapter['close']> {
    this.#edge?.tunnels.cut();
    return super.close();
  }

  override setOnRequestHook(hook: Parameters<ExpressAdapter['setOnRequestHook']>[0]): void {
    this.hooks.add('a request hook');
    super.setOnRequestHook(hook);
  }

  override setOnResponseHook(hook: Parameters<ExpressAdapter['setOnResponseHook']>[0]): void {
    this.hooks.add('a response hook');
    super.setOnResponseHook(hook);
  }

  override setOnRouteTriggered(hook: Parameters<ExpressAdapter['setOnRouteTriggered']>[0]): void {
    this.hooks.add('a route-triggered hook');
    super.setOnRouteTriggered(hook);
  }

  override enableCors(...args: Parameters<ExpressAdapter['enableCors']>): void {
    this.#label(CORS_HOOK, () => super.enableCors(...args));
  }

  override registerSecurityHook(...args: Parameters<ExpressAdapter['registerSecurityHook']>): unknown {
    return this.#label('security headers or CSRF protection', () => super.registerSecurityHook(...args));
  }

  override createMiddlewareFactory(
    ...args: Parameters<ExpressAdapter['createMiddlewareFactory']>
  ): ReturnType<ExpressAdapter['createMiddlewareFactory']> {
    const register = super.createMiddlewareFactory(...args);
    return (path, callback) => this.#label("a module's middleware", () => register(path, callback));
  }

  /** Nest's own body parsers stand in front of ordinary controllers only: a proxied body is never read here. */
  override registerParserMiddleware(prefix?: string): void {
    // An ordinary handler may pass a request on to a proxy route (`@Next()`, another host or version): the bytes stay.
    const parsers = this.#added(() => super.registerParserMiddleware(prefix as string, true));
    for (const layer of parsers) {
      this.layers.own.add(layer);
      skipForProxied(layer as { handle: object });
    }
  }

  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): unknown {
    const [answer, ...rest] = args;
    return this.#own(() =>
      super.setNotFoundHandler(
        (req: IncomingMessage, ...others: unknown[]): unknown => {
          forgetRoute(exchangeOf(req));
          return (answer as (...all: unknown[]) => unknown)(req, ...others);
        },
        ...rest,
      ),
    );
  }

  override setErrorHandler(...args: Parameters<ExpressAdapter['setErrorHandler']>): unknown {
    return this.#own(() => super.setErrorHandler(...args));
  }

  #isHttp2(error: ParserError, socket: Socket): boolean {
    const taken = this.acceptHttp2 === undefined ? undefined : takePrefaced(error, socket);
    if (taken !== undefined) this.acceptHttp2?.(taken);
    return taken !== undefined;
  }

  #take(req: IncomingMessage, res: ServerResponse): void {
    const edge = this.#edge;
    const express = this.instance as Express;
    if (edge === undefined) {
      express(req, res);
      return;
    }
    const size = routerStack(express)?.length ?? -1;
    if (this.#surveyed !== size) {
      this.#surveyed = size;
      this.#resurvey?.();
    }
    edge.take(req, res, () => {
      const request = req as Parameters<Express>[0];
      express(request, res as Parameters<Express>[1], (error?: unknown) => unanswered(edge, req, error));
    });
  }

  /** Runs a registration and takes responsibility for the layers it adds. */
  #own(register: () => unknown): void {
    for (const layer of this.#added(register)) this.layers.own.add(layer);
  }

  /** Runs a registration whose layers are foreign, and remembers what they are. */
  #label(label: string, register: () => unknown): void {
    for (const layer of this.#added(register)) this.layers.labels.set(layer, label);
  }

  #added(register: () => unknown): readonly object[] {
    const before = routerStack(this.instance)?.length ?? 0;
    register();
    return routerStack(this.instance)?.slice(before) ?? [];
  }

  declare httpServer: Server;
}

/** Express found nobody, not even Nest: outside a global prefix Nest has no 404 of its own. */
function unanswered(edge: Edge, req: IncomingMessage, error: unknown): void {
  const exchange = exchangeOf(req) as Exchange;
  if (error !== undefined && error !== null) return edge.fail(exchange, error);
  forgetRoute(exchange);
  edge.unmatched(exchange);
}

/** The plan found a route by method and path; its host or version did not fit, so no route took the request. */
function forgetRoute(exchange: Exchange | undefined): void {
  if (exchange === undefined) return;
  exchange.route = undefined;
  undressReply(exchange);
}

function prepareExpress(): Express {
  const app = express();
  // One rule for route, authentication and limit key: case counts, one trailing slash does not.
  app.set('case sensitive routing', true);
  app.set('strict routing', false);
  app.disable('x-powered-by');
  return app;
}

function skipForProxied(layer: { handle: object }): void {
  const parse = layer.handle as RequestHandler;
  layer.handle = Object.assign(
    (...[req, res, next]: Parameters<RequestHandler>) =>
      exchangeOf(req)?.route?.proxied === true ? next() : parse(req, res, next),
    { parser: parse.name },
  );
}
