import type { Server, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { ConfigError } from '../contracts/config-problem.js';
import { exchangeOf } from '../contracts/exchange-of.js';
import { UpstreamResponse } from '../contracts/upstream-response.js';
import { type ConnectionRefusal, limitConnections } from '../edge/connection-limits.js';
import { Edge, type ReservedHandler } from '../edge/edge.js';
import { healthResponse } from '../edge/health.response.js';
import { Http2Front } from '../edge/http2/http2.front.js';
import { expectProxyHeaders } from '../edge/proxy-header.gate.js';
import type { Observability } from '../observability/create-observability.js';
import { EVENTS } from '../observability/events.js';
import { adoptOrMint } from '../policies/correlation-id/correlation-id.js';
import { RefusingPlan } from '../routing/plan.js';
import type { PlannedRoute } from '../routing/planned-route.js';
import { PlanBuilder } from './compiler/plan.builder.js';
import { EdgeHolder } from './edge.holder.js';
import { EdgeWarnings } from './edge.warnings.js';
import { GatewayAdapter } from './gateway.adapter.js';
import { OBSERVABILITY, SETTINGS } from './gateway.tokens.js';
import { Http2Bridge } from './http2/http2.bridge.js';
import { GatewayGuard } from './interpreter/gateway.guard.js';
import { GatewayInterceptor } from './interpreter/gateway.interceptor.js';
import { GatewayExceptionFilter, httpExceptionProblem } from './interpreter/gateway-exception.filter.js';
import { RouteRegistry } from './interpreter/route.registry.js';
import { UpstreamRegistry } from './upstream.registry.js';

/** Puts the edge, the plan and Nest together once the application is initialised, and knows whether all is ready. */
@Injectable()
export class GatewayLifecycle implements OnApplicationBootstrap {
  readonly edge: Edge;
  /** `undefined` where clients may not speak HTTP/2. */
  http2: Http2Front | undefined;
  readonly #warnings: EdgeWarnings;

  constructor(
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(OBSERVABILITY) private readonly observability: Observability,
    private readonly builder: PlanBuilder,
    private readonly routes: RouteRegistry,
    private readonly upstreams: UpstreamRegistry,
    private readonly host: HttpAdapterHost,
    holder: EdgeHolder,
    private readonly guard: GatewayGuard,
    private readonly interceptor: GatewayInterceptor,
    private readonly filter: GatewayExceptionFilter,
  ) {
    const { limits, traffic } = settings;
    this.#warnings = new EdgeWarnings(observability.events, now);
    this.edge = new Edge({
      limits,
      trustedProxies: traffic.trustedProxies,
      forwardingIgnored: this.#warnings.forwardingIgnored,
      correlate: adoptOrMint,
      now,
      pace: limits,
      recorder: observability.recorder,
      foreignProblem: httpExceptionProblem,
      reserved: this.#reserved(traffic.healthPath),
    });
    holder.edge = this.edge;
  }

  /** The routes of the current plan, in the order they are tried. */
  get plannedRoutes(): readonly PlannedRoute[] {
    return this.edge.plan.routes;
  }

  /** Listening, a plan that lets requests pass, not draining, and no critical upstream down. */
  get ready(): boolean {
    const critical = this.upstreams.status().some((upstream) => upstream.critical && !upstream.healthy);
    const refusing = this.edge.plan instanceof RefusingPlan;
    const { listening } = this.host.httpAdapter.getHttpServer() as Server;
    return listening && !this.edge.draining && !refusing && !critical;
  }

  /** @throws ConfigError with every problem of every route, policy and upstream at once */
  onApplicationBootstrap(): void {
    const adapter = this.host.httpAdapter;
    this.#plan();
    if (adapter instanceof GatewayAdapter) {
      adapter.attach(this.edge, () => this.#replan());
      this.#speakHttp2(adapter);
    }
    this.#answerUpstreamResponses();
    // Below the gate of PROXY headers, which knows the client behind a balancer.
    limitConnections(
      this.host.httpAdapter.getHttpServer() as Server,
      this.settings.limits,
      this.#connectionRefused,
    );
    this.#expectProxyHeaders();
  }

  #speakHttp2(adapter: GatewayAdapter): void {
    const { limits, traffic } = this.settings;
    if (!traffic.http2) return;
    const bridge = new Http2Bridge(adapter.serveHttp1, limits.upstream);
    const front = new Http2Front(this.edge, limits, bridge.serve);
    this.http2 = front;
    adapter.acceptHttp2 = (connection) => front.accept(connection);
  }

  readonly #connectionRefused = (reason: ConnectionRefusal, address: string): void => {
    this.observability.connections.refused(reason);
    this.#warnings.connectionRefused(reason, address);
  };

  /** Behind every listener of the server that was made with it: they get connections whose peer is known. */
  #expectProxyHeaders(): void {
    const { limits, traffic } = this.settings;
    if (!traffic.proxyProtocol || traffic.trustedProxies === undefined) return;
    expectProxyHeaders(this.host.httpAdapter.getHttpServer() as Server, {
      trusted: traffic.trustedProxies,
      timeoutMs: limits.headersTimeoutMs,
      now,
      refused: this.#warnings.proxyHeaderRefused,
    });
  }

  #plan(): void {
    const built = this.builder.build({
      compile: this.settings.compile,
      own: new Set([this.guard, this.interceptor, this.filter]),
    });
    const problems = [...this.upstreams.problems, ...built.problems];
    if (problems.length > 0) throw new ConfigError(problems);
    this.edge.plan = built.plan;
    this.routes.replace(built.byHandler);
    const adapter = this.host.httpAdapter;
    if (adapter instanceof GatewayAdapter) adapter.surveyed(built.surveySize);
  }

  /** Something was registered in Express while requests run: until it can be judged, nothing passes. */
  #replan(): void {
    try {
      this.#plan();
    } catch (cause) {
      this.edge.plan = new RefusingPlan(cause);
      const problems =
        cause instanceof ConfigError ? cause.problems : [{ where: 'plan', message: String(cause) }];
      this.observability.events.error(EVENTS.configurationRefused, { problems });
    }
  }

  /** One writer: what Nest would serialise on the interpreted way is sent as on the compiled one. */
  #answerUpstreamResponses(): void {
    const adapter = this.host.httpAdapter;
    const reply = adapter.reply.bind(adapter);
    adapter.reply = (response: ServerResponse, body: unknown, status?: number) => {
      const exchange = body instanceof UpstreamResponse ? exchangeOf(response.req) : undefined;
      if (exchange === undefined) return reply(response, body, status);
      this.edge.reply(exchange, body as UpstreamResponse);
    };
  }

  #reserved(path: string): ReadonlyMap<string, ReservedHandler> {
    return new Map<string, ReservedHandler>([
      [path, () => healthResponse(this.ready)],
      [`${path}/ready`, () => healthResponse(this.ready)],
      // Alive is whoever can answer at all.
      [`${path}/live`, () => healthResponse(true)],
    ]);
  }
}

const now = (): number => performance.now();
