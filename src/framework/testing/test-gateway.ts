import type { AddressInfo } from 'node:net';
import type { IEntryNestModule } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { type RouteView, routeViews } from '../../admin/route.view.js';
import { loadSettings } from '../../config/load-settings.js';
import type { Environment } from '../../contracts/environment.js';
import { createObservability } from '../../observability/create-observability.js';
import type { CreateGatewayOptions, Gateway } from '../create-gateway.js';
import { GatewayLifecycle } from '../gateway.lifecycle.js';
import { type BootParts, bootGateway, TEST_SECRET, testEnvironment } from './boot-gateway.js';
import { type DevelopmentTokenContents, developmentToken } from './development-token.js';
import { type LogLine, MemoryLog } from './memory-log.js';

/** A gateway on free loopback ports, with its logs in memory. */
export interface TestGateway {
  readonly gateway: Gateway;
  /** The traffic port: `http://127.0.0.1:…`. */
  readonly url: string;
  readonly adminUrl: string;
  /** The TLS port: `https://127.0.0.1:…`; `undefined` without a certificate in the environment. */
  readonly httpsUrl: string | undefined;
  /** Every line logged so far, of both logs. */
  readonly lines: readonly LogLine[];
  /** Waits until so many lines of an event were logged, and gives all there are. An access line's event is `request`. */
  logged(event: string, count?: number): Promise<readonly LogLine[]>;
  /** The route table: what runs on each route, compiled or interpreted and why. */
  routes(): readonly RouteView[];
  /** A token that the gateway accepts. Default: subject `test`, no scope. */
  token(contents?: Partial<DevelopmentTokenContents>): string;
  close(): Promise<void>;
}

/** What a test gives its gateway; every part is optional. */
export interface TestGatewayOptions {
  /** Variables of the gateway; nothing is taken from the process. Defaults: free ports and a secret for tokens. */
  readonly environment?: Environment;
  readonly nest?: CreateGatewayOptions['nest'];
  /** Runs after the application was created and before it is initialised: `app.use(…)`, `app.enableCors()` … */
  readonly prepare?: (gateway: Gateway) => void;
}

/**
 * Starts a gateway for a test, the way the service starts.
 *
 * @param root the application's module, or what `Test.createTestingModule` returned, with its overrides and before
 * `compile()`: overridden providers and guards are seen by the compiler as those they replace would be.
 * @throws ConfigError as `createGateway` does
 */
export async function createTestGateway(
  root: IEntryNestModule | TestingModuleBuilder,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const environment = testEnvironment(options.environment);
  const settings = loadSettings(environment);
  const log = new MemoryLog();
  const observability = createObservability(settings, { sink: log.sink });
  const parts: BootParts = { environment, observability, nest: options.nest ?? {} };
  let gateway: Gateway | undefined;
  try {
    gateway = await bootGateway(root, parts);
    options.prepare?.(gateway);
    const server = await gateway.listen(0, '127.0.0.1');
    return running(gateway, (server.address() as AddressInfo).port, log, environment);
  } catch (error) {
    // Whatever was opened before the mistake must not hold the test run.
    await (gateway?.close() ?? observability.shutdown());
    throw error;
  }
}

function running(gateway: Gateway, port: number, log: MemoryLog, environment: Environment): TestGateway {
  return {
    gateway,
    url: `http://127.0.0.1:${port}`,
    httpsUrl: gateway.httpsPort() === undefined ? undefined : `https://127.0.0.1:${gateway.httpsPort()}`,
    adminUrl: `http://127.0.0.1:${gateway.admin()?.port}`,
    lines: log.lines,
    logged: (event, count = 1) => log.logged(event, count),
    routes: () => routeViews(gateway.get(GatewayLifecycle, { strict: false }).plannedRoutes),
    token: (contents = {}) =>
      developmentToken(environment['JWT_SECRET'] ?? TEST_SECRET, { subject: 'test', ...contents }),
    close: () => gateway.close(),
  };
}
