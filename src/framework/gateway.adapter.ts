import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express, type RequestHandler } from 'express';
import { exchangeOf } from '../contracts/exchange-of.js';
import type { Edge } from '../edge/edge.js';
import { routerStack } from './compiler/nest-internals.js';

/** What the HTTP server is made with; every value is a limit of config/. */
export interface ServerLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxConnections: number;
}

export const SERVER_LIMITS: ServerLimits = Object.freeze({
  maxHeaderBytes: 16_384,
  maxHeaderCount: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 75_000,
  maxConnections: 0,
});

/**
 * Nest's Express adapter with the gateway's edge in front: compiled routes never reach Express,
 * everything else does, untouched.
 */
export class GatewayAdapter extends ExpressAdapter {
  /** Layers of Express that are ours, or that we answer for; all others are foreign. */
  readonly knownLayers = new WeakSet<object>();
  /** Doors of Nest that act outside Express's stack and cannot be compiled. */
  readonly hooks = new Set<string>();
  #edge: Edge | undefined;
  #surveyed = -1;
  #resurvey: (() => void) | undefined;

  constructor(readonly limits: ServerLimits = SERVER_LIMITS) {
    super(prepareExpress());
    // The layer that runs Nest's request and response hooks; the hooks themselves are recorded below.
    for (const layer of routerStack(this.instance) ?? []) this.knownLayers.add(layer);
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
      throw new TypeError('httpsOptions are not supported: the gateway terminates TLS itself, by configuration.');
    }
    const { limits } = this;
    const server = createServer({
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
    });
    // One more than allowed, so that a request over the limit is seen and refused rather than silently cut.
    server.maxHeadersCount = limits.maxHeaderCount + 1;
    if (limits.maxConnections > 0) server.maxConnections = limits.maxConnections;
    server.on('request', (req: IncomingMessage, res: ServerResponse) => this.#take(req, res));
    this.httpServer = server;
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

  /** Nest's own body parsers stand in front of ordinary controllers only: a proxied body is never read here. */
  override registerParserMiddleware(prefix?: string, rawBody?: boolean): void {
    this.#own(() => super.registerParserMiddleware(prefix as string, rawBody as boolean));
    for (const layer of routerStack(this.instance) ?? []) {
      if (PARSERS.has((layer.handle as { name?: string }).name ?? '')) skipForProxied(layer as { handle: object });
    }
  }

  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): unknown {
    return this.#own(() => super.setNotFoundHandler(...args));
  }

  override setErrorHandler(...args: Parameters<ExpressAdapter['setErrorHandler']>): unknown {
    return this.#own(() => super.setErrorHandler(...args));
  }

  #take(req: IncomingMessage, res: ServerResponse): void {
    const edge = this.#edge;
    const express = this.instance as Express;
    if (edge === undefined) {
      express(req, res);
      return;
    }
    if (this.#surveyed !== (routerStack(express)?.length ?? -1)) this.#resurvey?.();
    try {
      edge.handle(req, res, () => express(req, res));
    } catch (error) {
      // Nothing a single request does may end the process.
      const exchange = exchangeOf(req);
      if (exchange === undefined) res.destroy();
      else edge.fail(exchange, error);
    }
  }

  /** Runs a registration and takes responsibility for the layers it adds. */
  #own<T>(register: () => T): T {
    const before = routerStack(this.instance)?.length ?? 0;
    const result = register();
    for (const layer of routerStack(this.instance)?.slice(before) ?? []) this.knownLayers.add(layer);
    return result;
  }

  declare httpServer: Server;
}

const PARSERS = new Set(['jsonParser', 'urlencodedParser']);

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
