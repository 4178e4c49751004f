import type { Server, ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';
import { exchangeOf } from '../contracts/exchange-of.js';
import { UpstreamResponse } from '../contracts/upstream-response.js';
import { type ConnectionRefusal, limitAllConnections, limitConnections } from '../edge/connection-limits.js';
import { Edge, type ReservedHandler } from '../edge/edge.js';
import { tellFailingAccepts } from '../edge/failing-accepts.js';
import { healthResponse } from '../edge/health.response.js';
import { Http2Front } from '../edge/http2/http2.front.js';
import type { Http2Abuse } from '../edge/http2/session-guard.js';
import { expectProxyHeaders } from '../edge/proxy-header.gate.js';
import { TransportRules } from '../edge/tls/transport-rules.js';
import type { Observability } from '../observability/create-observability.js';
import { EVENTS } from '../observability/events.js';
import { adoptOrMint } from '../policies/correlation-id/correlation-id.js';
import { IdentitySigner } from '../policies/forward-identity/token/identity.signer.js';
import { keySetResponse } from '../policies/forward-identity/token/key-set.response.js';
import { type Plan, RefusingPlan } from '../routing/plan.js';
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
import { DeclaredRoutes } from './kong/declared-routes.js';
import { routeOverlaps } from './kong/route-overlaps.js';
import { TlsFront } from './tls.front.js';
import { UpstreamRegistry } from './upstream.registry.js';

/** Puts the edge, the plan and Nest together once the application is initialised, and knows whether all is ready. */
@Injectable()
export class GatewayLifecycle implements OnApplicationBootstrap {
  readonly edge: Edge;
  /** The TLS port; `undefined` without a certificate, and before the application is initialised. */
  tls: TlsFront | undefined;
  /** `undefined` where clients may not speak HTTP/2. */
  http2: Http2Front | undefined;
  readonly warnings: EdgeWarnings;

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
    private readonly signer: IdentitySigner,
    private readonly declared: DeclaredRoutes,
  ) {
    const { limits, traffic } = settings;
    this.warnings = new EdgeWarnings(observability.events, now);
    this.edge = new Edge({
      limits,
      trustedProxies: traffic.trustedProxies,
      forwardingIgnored: this.warnings.forwardingIgnored,
      correlate: adoptOrMint,
      now,
      pace: limits,
      recorder: observability.recorder,
      tunnels: observability.tunnels,
      foreignProblem: httpExceptionProblem,
      reserved: this.#reserved(),
      transport: this.#transportRules(),
    });
    holder.edge = this.edge;
  }

  /** The routes of the current plan, in the order they are tried. */
  get plannedRoutes(): readonly PlannedRoute[] {
    return this.edge.plan.routes;
  }

  /** What the declarative files at work were warned of. */
  get declaredWarnings(): readonly ConfigProblem[] {
    return this.declared.warnings;
  }

  /** Listening, a plan that lets requests pass, not draining, and no critical upstream down. */
  get ready(): boolean {
    const critical = this.upstreams.status().some((upstream) => upstream.critical && !upstream.healthy);
    const refusing = this.edge.plan instanceof RefusingPlan;
    const { listening } = this.host.httpAdapter.getHttpServer() as Server;
    const allListening = listening && (this.settings.tls === undefined || this.tls?.listening === true);
    return allListening && !this.edge.draining && !refusing && !critical;
  }

  /** @throws ConfigError with every problem of every route, policy, upstream and declarative file at once */
  async onApplicationBootstrap(): Promise<void> {
    const adapter = this.host.httpAdapter;
    // Without files nothing is waited for, and whoever starts behind this finds the plan made.
    this.#plan(this.declared.files.length === 0 ? [] : await this.#loadDeclared());
    if (adapter instanceof GatewayAdapter) {
      adapter.attach(this.edge, () => this.#replan());
      this.#speakHttp2(adapter);
    }
    this.#answerUpstreamResponses();
    const server = adapter.getHttpServer() as Server;
    this.tls = this.#tlsFront(server);
    const servers = this.tls === undefined ? [server] : [server, this.tls.listener.server];
    // Below the gate of PROXY headers, which knows the client behind a balancer.
    limitConnections(servers, this.settings.limits, this.#connectionRefused);
    for (const each of servers) this.#expectProxyHeaders(each);
    limitAllConnections(servers, this.settings.limits, this.#connectionRefused);
    for (const each of servers) tellFailingAccepts(each, this.warnings.acceptFailing);
    if (this.declared.files.length > 0) await this.#watchDeclared();
  }

  async #loadDeclared(): Promise<readonly ConfigProblem[]> {
    try {
      await this.declared.load();
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
  }

  async #watchDeclared(): Promise<void> {
    this.#tellOverlaps(this.edge.plan);
    await this.declared.watch((source) => {
      // Each request keeps the routes it was matched in.
      this.edge.plan = this.edge.plan.beside(source);
      this.#tellOverlaps(this.edge.plan);
    });
  }

  #tellOverlaps({ codeRoutes, declared }: Plan): void {
    const overlaps = routeOverlaps(codeRoutes, declared?.routes ?? []);
    if (overlaps.length > 0) this.observability.events.warn(EVENTS.declaredRoutesOverlap, { overlaps });
  }

  #tlsFront(http: Server): TlsFront | undefined {
    const { tls } = this.settings;
    if (tls === undefined) return undefined;
    const { http2 } = this;
    return new TlsFront({
      settings: tls,
      http,
      acceptHttp2: http2 && ((socket) => http2.accept(socket)),
      observability: this.observability,
      now,
    });
  }

  /** A server of the application's own making cannot be had to serve what came by TLS with our limits and clocks. */
  #tlsProblems(): readonly ConfigProblem[] {
    if (this.settings.tls === undefined || this.host.httpAdapter instanceof GatewayAdapter) return [];
    return [
      {
        where: 'HTTPS_PORT',
        message: 'has no effect on an HTTP adapter of your own; start with createGateway().',
      },
    ];
  }

  #transportRules(): TransportRules | undefined {
    const { tls } = this.settings;
    if (tls === undefined) return undefined;
    const { clientAuth, strictTransport, redirect } = tls;
    if (clientAuth === undefined && strictTransport === undefined && redirect === undefined) return undefined;
    // The port that is listened on may be any free one, and is known when it is.
    const port = (): number => redirect?.port ?? this.tls?.port ?? tls.port;
    return new TransportRules({
      strictTransport,
      redirect: redirect && { status: redirect.status, port },
    });
  }

  #speakHttp2(adapter: GatewayAdapter): void {
    const { limits, traffic } = this.settings;
    if (!traffic.http2) return;
    const bridge = new Http2Bridge(adapter.serveHttp1, limits.upstream);
    const front = new Http2Front(this.edge, limits, bridge.serve, this.#http2Abused);
    this.http2 = front;
    adapter.acceptHttp2 = (connection) => front.accept(connection);
  }

  readonly #http2Abused = (abuse: Http2Abuse, address: string): void => {
    this.observability.connections.abused(abuse);
    this.warnings.http2Abused(abuse, address);
  };

  readonly #connectionRefused = (reason: ConnectionRefusal, address: string): void => {
    this.observability.connections.refused(reason);
    this.warnings.connectionRefused(reason, address);
  };

  /** Behind every listener of the server that was made with it: they get connections whose peer is known. */
  #expectProxyHeaders(server: NetServer): void {
    const { limits, traffic } = this.settings;
    if (!traffic.proxyProtocol || traffic.trustedProxies === undefined) return;
    expectProxyHeaders(server, {
      trusted: traffic.trustedProxies,
      timeoutMs: limits.headersTimeoutMs,
      now,
      refused: this.warnings.proxyHeaderRefused,
    });
  }

  #plan(declared: readonly ConfigProblem[] = []): void {
    const built = this.builder.build({
      compile: this.settings.compile,
      own: new Set([this.guard, this.interceptor, this.filter]),
    });
    const problems = [...this.#tlsProblems(), ...this.upstreams.problems, ...built.problems, ...declared];
    if (problems.length > 0) throw new ConfigError(problems);
    this.edge.plan = built.plan.beside(this.declared.source);
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

  #reserved(): ReadonlyMap<string, ReservedHandler> {
    const { traffic, identity } = this.settings;
    const path = traffic.healthPath;
    return new Map<string, ReservedHandler>([
      [path, () => healthResponse(this.ready)],
      [`${path}/ready`, () => healthResponse(this.ready)],
      // Alive is whoever can answer at all.
      [`${path}/live`, () => healthResponse(true)],
      ...(identity === undefined ? [] : [[identity.jwksPath, keySetResponse(this.signer)] as const]),
    ]);
  }
}

const now = (): number => performance.now();
