import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DynamicModule, Module, type NestApplicationOptions, type Type } from '@nestjs/common';
import { type IEntryNestModule, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AdminServer } from '../admin/admin.server.js';
import { routeViews } from '../admin/route.view.js';
import type { GatewaySettings } from '../config/gateway-settings.js';
import { loadSettings } from '../config/load-settings.js';
import type { Environment } from '../contracts/environment.js';
import type { Observability } from '../observability/create-observability.js';
import { EVENTS } from '../observability/events.js';
import { Limits } from '../policies/rate-limit/limits.js';
import { adminServerOf } from './admin.views.js';
import { drainServer } from './drain.js';
import { GatewayAdapter } from './gateway.adapter.js';
import { GatewayLifecycle } from './gateway.lifecycle.js';
import { LAUNCH, type Launch, OBSERVABILITY, SETTINGS, type StandIns } from './gateway.tokens.js';
import { explainMissingUpstream } from './missing-upstream.js';

/** What one start of a gateway is given beside its root module; every part is optional. */
export interface CreateGatewayOptions {
  /** Nest's own options. The body parser, the route order and TLS are the gateway's. */
  readonly nest?: Omit<NestApplicationOptions, 'bodyParser' | 'httpsOptions' | 'routeResolutionStrategy'>;
  /** Where variables are read. Default: `process.env`. */
  readonly environment?: Environment;
  /** Logs, metrics and traces. Default: made from the settings. */
  readonly observability?: Observability;
}

/** A Nest Express application with the compiled front. */
export interface Gateway extends Omit<NestExpressApplication, 'listen'> {
  /**
   * Opens the traffic port, with it the TLS port where a certificate is configured, and the admin port; all default to
   * the settings. Port 0 takes a free one.
   */
  listen(port?: number, host?: string): Promise<Server>;
  /**
   * Takes the gateway out of service: readiness turns red and replies carry `Connection: close`, connections are still
   * accepted for the drain delay, then requests in flight finish, all within the drain time. Closes the application.
   */
  drain(): Promise<void>;
  /** The TLS traffic port; `undefined` before `listen()`, and where no certificate is configured. */
  httpsPort(): number | undefined;
  /** The admin port's server; `undefined` before `listen()`. */
  admin(): AdminServer | undefined;
}

/**
 * Makes the gateway of a root module that imports `GatewayModule.forRoot(…)`.
 *
 * @throws ConfigError with every problem of the environment, or of every route, policy and upstream, at once
 */
export function createGateway(
  module: IEntryNestModule,
  options: CreateGatewayOptions = {},
): Promise<Gateway> {
  return launchGateway(module, options);
}

/** {@link createGateway}, with what a test puts in the place of the world outside. */
export async function launchGateway(
  module: IEntryNestModule,
  options: CreateGatewayOptions,
  standIns?: StandIns,
): Promise<Gateway> {
  const settings = loadSettings(options.environment ?? process.env);
  const root = launchModule(module, options, standIns);
  const creating = NestFactory.create<NestExpressApplication>(root, new GatewayAdapter(settings.limits), {
    logger: ['warn', 'error', 'fatal'],
    bufferLogs: true,
    ...options.nest,
    ...OWN_NEST_OPTIONS,
  });
  const app = await creating.catch((error: unknown) => {
    throw explainMissingUpstream(error);
  });
  return gatewayOf(app);
}

/** Nest's options that are not a team's to choose. */
export const OWN_NEST_OPTIONS = Object.freeze({
  // A mistake is thrown to the caller, who lists it; Nest would end the process.
  abortOnError: false,
  // For ordinary controllers; the adapter keeps the parsers away from proxied bodies.
  bodyParser: true,
  routeResolutionStrategy: 'specificity',
} as const);

/** The root of the application: the team's module, and what this call was given for the gateway's own providers. */
function launchModule(
  module: IEntryNestModule,
  { environment, observability }: CreateGatewayOptions,
  standIns: StandIns | undefined,
): DynamicModule {
  const launch: Launch = { environment, observability, standIns };
  return {
    module: LaunchModule,
    global: true,
    imports: [module as Type],
    providers: [{ provide: LAUNCH, useValue: launch }],
    exports: [LAUNCH],
  };
}

@Module({})
class LaunchModule {}

/** Makes a gateway of an application on the gateway's adapter: logs, listening, draining and closing become its own. */
export function gatewayOf(app: NestExpressApplication): Gateway {
  const settings = app.get<GatewaySettings>(SETTINGS, { strict: false });
  const observability = app.get<Observability>(OBSERVABILITY, { strict: false });
  const lifecycle = app.get(GatewayLifecycle, { strict: false });
  app.useLogger(observability.nestLogger);
  const listenNest = app.listen.bind(app);
  const closeNest = app.close.bind(app);
  let admin: AdminServer | undefined;

  /** A gateway that cannot take traffic leaves no admin port behind. */
  async function listenTraffic(port: number, host: string): Promise<Server> {
    try {
      const server = (await listenNest(port, host)) as Server;
      if (settings.tls !== undefined) await lifecycle.tls?.listen(settings.tls.port, host);
      return server;
    } catch (error) {
      await admin?.close();
      throw error;
    }
  }

  const own = {
    admin: () => admin,
    httpsPort: () => lifecycle.tls?.port,
    async listen(port = settings.traffic.port, host = settings.traffic.host): Promise<Server> {
      await app.init();
      admin = adminServerOf(app, settings, observability, lifecycle);
      await admin.listen();
      const server = await listenTraffic(port, host);
      logRoutes(observability, lifecycle);
      const traffic = server.address() as AddressInfo;
      observability.events.info(EVENTS.gatewayStarted, {
        host: traffic.address,
        port: traffic.port,
        httpsPort: lifecycle.tls?.port,
        adminHost: settings.admin.host,
        adminPort: admin.port,
        rateLimits: app.get(Limits, { strict: false }).countsIn,
      });
      return server;
    },
    async drain(): Promise<void> {
      observability.events.info(EVENTS.gatewayDraining, { active: lifecycle.edge.active });
      await drainServer(app.getHttpServer() as Server, lifecycle, settings.drain);
      await own.close();
    },
    async close(): Promise<void> {
      await Promise.all([lifecycle.tls?.close(), closeNest()]);
      await admin?.close();
      observability.events.info(EVENTS.gatewayStopped);
      await observability.shutdown();
    },
  };
  // Nest hands out a proxy that takes no assignments, so what the gateway adds stands in front of it.
  return new Proxy(app, {
    get: (target, name) =>
      Object.hasOwn(own, name) ? own[name as keyof typeof own] : Reflect.get(target, name),
  }) as unknown as Gateway;
}

/** Of more, the count is told alone: a file may declare thousands. */
const MOST_ROUTES_TOLD = 200;

function logRoutes({ events }: Observability, lifecycle: GatewayLifecycle): void {
  const views = routeViews(lifecycle.plannedRoutes);
  for (const view of views.slice(0, MOST_ROUTES_TOLD)) events.info(EVENTS.routePlanned, { ...view });
  events.info(EVENTS.routesCompiled, {
    routes: views.length,
    compiled: views.filter(({ mode }) => mode === 'compiled').length,
  });
}
