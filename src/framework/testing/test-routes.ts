import type { IEntryNestModule } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { type RouteView, routeViews } from '../../admin/route.view.js';
import { loadSettings } from '../../config/load-settings.js';
import type { Clock } from '../../contracts/clock.js';
import type { DownstreamLine } from '../../contracts/downstream.js';
import type { Environment } from '../../contracts/environment.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { ExchangeRecorder } from '../../contracts/exchange-recorder.js';
import type { Principal } from '../../contracts/principal.js';
import { createObservability } from '../../observability/create-observability.js';
import type { CreateGatewayOptions, Gateway } from '../create-gateway.js';
import { GatewayAdapter } from '../gateway.adapter.js';
import { GatewayLifecycle } from '../gateway.lifecycle.js';
import { UpstreamRegistry } from '../upstream.registry.js';
import { bootGateway, testEnvironment } from './boot-gateway.js';
import { askInside, innerConnection } from './inner-request.js';
import { MemoryLog } from './memory-log.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type SentRequest, type StandIn, StandInUpstream } from './stand-in.upstream.js';

/** What a test gives its routes; every part is optional. */
export interface TestRoutesOptions {
  /** Variables of the gateway; nothing is taken from the process. Default: a secret for tokens. */
  readonly environment?: Environment;
  /** Who answers in an upstream's place, by its declared name. Those without a word answer 200 with an empty JSON object. */
  readonly upstreams?: Readonly<Record<string, StandIn>>;
  /** What the gateway takes for the time. Default: the time of day. */
  readonly clock?: Clock;
  readonly nest?: CreateGatewayOptions['nest'];
  /** Runs after the application was created and before it is initialised: `app.use(…)`, `app.setGlobalPrefix(…)` … */
  readonly prepare?: (gateway: Gateway) => void;
}

/** What one request says beyond its method and path; every part is optional. */
export interface TestAsk {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes and text as they are, anything else as JSON with its content type. */
  readonly body?: unknown;
  /** Who it is from, whatever credential it carries: for routes that ask. Default: what the credential says. */
  readonly principal?: Principal;
  /** Default `127.0.0.1`. */
  readonly clientAddress?: string;
  /** Whether it came by TLS. Default false. */
  readonly tls?: boolean;
}

/**
 * The routes of an application, to be asked without a socket: requests run the real plan, compiled or interpreted, from
 * the strict edge to the answer's last byte, over a connection inside the process; only the upstreams' targets are stand-ins.
 */
export class TestRoutes {
  constructor(
    private readonly gateway: Gateway,
    private readonly observed: Observed,
  ) {}

  /** Sends one request and tells what became of it. */
  async ask(method: string, path: string, ask: TestAsk = {}): Promise<Outcome> {
    const { headers = {}, clientAddress = '127.0.0.1', tls = false, principal } = ask;
    const body = bodyOf(ask.body);
    const { client, server } = innerConnection(clientAddress, tls);
    const asked = this.observed.expect(server as unknown as DownstreamLine, principal);
    const adapter = this.gateway.getHttpAdapter() as unknown as GatewayAdapter;
    adapter.serveHttp1(server);
    const response = await askInside(client, {
      method,
      path,
      headers: { ...defaultFields(body, ask.body), ...headers },
      body,
    });
    return outcomeOf(await asked.finished, response, asked.sent);
  }

  /** The route table: what runs on each route, compiled or interpreted and why, and who may call it. */
  routes(): readonly RouteView[] {
    return routeViews(this.gateway.get(GatewayLifecycle, { strict: false }).plannedRoutes);
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}

/**
 * Boots an application up to its plan, without opening a port or connecting to anything.
 *
 * @param root the application's module, or what `Test.createTestingModule` returned, before `compile()`
 * @throws ConfigError as `createGateway` does
 * @throws Error when `upstreams` names one that the application does not have
 */
export async function testRoutes(
  root: IEntryNestModule | TestingModuleBuilder,
  options: TestRoutesOptions = {},
): Promise<TestRoutes> {
  const environment = testEnvironment(options.environment);
  const settings = loadSettings(environment);
  const observability = createObservability(settings, { sink: new MemoryLog().sink });
  const observed = new Observed(observability.recorder);
  const { upstreams = {}, clock, nest = {} } = options;
  let gateway: Gateway | undefined;
  try {
    gateway = await bootGateway(root, {
      environment,
      observability: { ...observability, recorder: observed },
      nest,
      standIns: {
        principalOf: observed.principalOf,
        forwarderOf: (name) => new StandInUpstream(name, upstreams[name] ?? {}, observed.sent),
        ...(clock === undefined ? {} : { clock }),
      },
    });
    options.prepare?.(gateway);
    await gateway.init();
    checkNames(Object.keys(upstreams), gateway);
    return new TestRoutes(gateway, observed);
  } catch (error) {
    await (gateway?.close() ?? observability.shutdown());
    throw error;
  }
}

function checkNames(names: readonly string[], gateway: Gateway): void {
  const known = gateway
    .get(UpstreamRegistry, { strict: false })
    .status()
    .map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Error(
    `upstreams names "${unknown}", which the application does not have; it has ${known.join(', ')}.`,
  );
}

/** One request under way. */
interface Asked {
  readonly principal: Principal | undefined;
  readonly sent: SentRequest[];
  readonly finished: Promise<Exchange>;
  readonly finish: (exchange: Exchange) => void;
}

/** Follows each request by its connection, which carries no other. */
class Observed implements ExchangeRecorder {
  readonly #asked = new WeakMap<DownstreamLine, Asked>();

  constructor(private readonly recorder: ExchangeRecorder) {}

  expect(line: DownstreamLine, principal: Principal | undefined): Asked {
    const { promise: finished, resolve: finish } = Promise.withResolvers<Exchange>();
    const asked: Asked = { principal, sent: [], finished, finish };
    this.#asked.set(line, asked);
    return asked;
  }

  started(exchange: Exchange): void {
    this.recorder.started(exchange);
  }

  finished(exchange: Exchange): void {
    this.recorder.finished(exchange);
    this.#asked.get(exchange.req.socket)?.finish(exchange);
  }

  readonly principalOf = (exchange: Exchange): Principal | undefined =>
    this.#asked.get(exchange.req.socket)?.principal;

  readonly sent = (exchange: Exchange | undefined, request: SentRequest): void => {
    if (exchange !== undefined) this.#asked.get(exchange.req.socket)?.sent.push(request);
  };
}

function bodyOf(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function defaultFields(bytes: Buffer | undefined, given: unknown): Record<string, string> {
  const fields: Record<string, string> = { Host: 'gateway.test' };
  if (bytes === undefined) return fields;
  fields['Content-Length'] = String(bytes.length);
  if (typeof given !== 'string' && !Buffer.isBuffer(given)) fields['Content-Type'] = 'application/json';
  return fields;
}
