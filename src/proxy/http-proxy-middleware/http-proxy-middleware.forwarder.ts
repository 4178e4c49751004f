import { type IncomingMessage, Agent as PlainAgent, type ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { createProxyMiddleware, type Options, type RequestHandler } from 'http-proxy-middleware';
import type { Cancellation } from '../../contracts/cancellation.js';
import type { AttemptTimeouts, AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { Connect } from '../http1/connect.js';
import { Attempt } from './attempt.js';
import { Handshake } from './handshake.js';
import { middlewareOptions } from './middleware.options.js';
import { type PathFilterProbe, pathFilterProbe } from './path-filter.probe.js';

export interface HttpProxyMiddlewareForwarderOptions {
  /** The upstream's declared name. */
  readonly upstream: string;
  /** The options of http-proxy-middleware, as its own documentation describes them. */
  readonly proxy: object;
  /** Targets whose middleware is made at once, so that a mistake in the options shows at boot. Others get theirs when first picked. */
  readonly targets?: readonly Target[];
  /** Connections to one target. */
  readonly maxConnections: number;
}

/**
 * Carries requests through http-proxy-middleware, for teams that come from it: their `pathRewrite`, `router`,
 * `headers`, `on` hooks, plugins and `responseInterceptor` work as documented there.
 *
 * The middleware does not see the client's connection. It works on a request that is what the gateway would send, and
 * its response is captured and handed on, so that filters, breaker, retries and logs work as for any upstream:
 *
 * - An error rejects with a GatewayError. When the team's own `on.error` writes an answer before it returns, that
 *   answer is the response instead.
 * - A request that `pathFilter` refuses ends as `route-not-found`.
 * - A hook that throws ends its exchange: `internal`, or `upstream-body` while the body is processed.
 * - WebSockets open through {@link connectFor}; the middleware's `ws` need not be set.
 */
export class HttpProxyMiddlewareForwarder implements Forwarder {
  readonly #upstream: string;
  readonly #options: Options;
  readonly #agents: { readonly plain: PlainAgent; readonly tls: TlsAgent };
  readonly #middlewares = new Map<string, RequestHandler>();
  /** Apart from those for requests: a handshake has no place in the agents' pools. */
  readonly #upgrades = new Map<string, RequestHandler>();
  readonly #takes: PathFilterProbe | undefined;

  constructor(options: HttpProxyMiddlewareForwarderOptions) {
    this.#upstream = options.upstream;
    this.#options = options.proxy;
    this.#takes = pathFilterProbe(this.#options);
    const pool = { keepAlive: true, maxSockets: options.maxConnections };
    this.#agents = { plain: new PlainAgent(pool), tls: new TlsAgent(pool) };
    for (const target of options.targets ?? []) this.#middlewareOf(target);
  }

  forward(
    request: UpstreamRequest,
    target: Target,
    timeouts: AttemptTimeouts,
    cancellation: Cancellation,
    trace: AttemptTrace,
  ): Promise<UpstreamResponse> {
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    const attempt = new Attempt(this.#upstream, request, this.#clocks(timeouts), trace);
    const cancel = (reason: GatewayError): void => attempt.fail(reason);
    cancellation.add(cancel);
    attempt.response.once('close', () => cancellation.remove(cancel));

    const run = this.#middlewareOf(target);
    // It asks for no more of a ServerResponse than a captured one has.
    const response = attempt.response as unknown as ServerResponse;
    run(attempt.request, response, (error?: unknown) => attempt.fail(notForwarded(error))).catch(
      (error: unknown) => attempt.fail(notForwarded(error)),
    );
    return attempt.outcome;
  }

  /** Makes the connection of one WebSocket handshake, which the middleware writes to its target itself. */
  connectFor(request: UpstreamRequest): Connect {
    return (target, onread, ready) => {
      const handshake = new Handshake(this.#upstream, request, onread, ready);
      const { request: req, client, connection } = handshake;
      const upgrade = (): void => this.#upgradesOf(target).upgrade(req, client, NOTHING);
      if (this.#takes === undefined) upgrade();
      else {
        this.#takes(req)
          .then((takes) => {
            if (!takes) throw new GatewayError('route-not-found');
            upgrade();
          })
          .catch((error: unknown) => handshake.fail(error));
      }
      return connection;
    };
  }

  close(): void {
    for (const agent of [this.#agents.plain, this.#agents.tls]) {
      // Connections that are busy now find no room among the idle ones, and close.
      agent.maxFreeSockets = 0;
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }

  #middlewareOf(target: Target): RequestHandler {
    let middleware = this.#middlewares.get(target.id);
    if (middleware === undefined) {
      const agent = target.tls ? this.#agents.tls : this.#agents.plain;
      middleware = createProxyMiddleware<IncomingMessage, ServerResponse>(
        middlewareOptions(this.#options, target, agent),
      );
      this.#middlewares.set(target.id, middleware);
    }
    return middleware;
  }

  #upgradesOf(target: Target): RequestHandler {
    let middleware = this.#upgrades.get(target.id);
    if (middleware === undefined) {
      middleware = createProxyMiddleware<IncomingMessage, ServerResponse>(
        middlewareOptions(this.#options, target, undefined),
      );
      this.#upgrades.set(target.id, middleware);
    }
    return middleware;
  }

  /** The middleware's `timeout` is the longest silence towards the client. */
  #clocks(timeouts: AttemptTimeouts): AttemptTimeouts {
    const { timeout } = this.#options;
    if (timeout === undefined || timeout <= 0) return timeouts;
    const shorter = (ms: number): number => (ms > 0 ? Math.min(ms, timeout) : timeout);
    return { ...timeouts, headersMs: shorter(timeouts.headersMs), idleMs: shorter(timeouts.idleMs) };
  }
}

const NOTHING = Buffer.alloc(0);

/** What `next` means: with an error a router or rewrite failed, without one the path filter did not match. */
function notForwarded(error: unknown): GatewayError {
  return error === undefined
    ? new GatewayError('route-not-found')
    : new GatewayError('internal', { cause: error });
}
