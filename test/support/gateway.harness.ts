import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import type { Clock, CreateGatewayOptions, Gateway } from 'portcullis';
import { loadSettings } from '../../src/config/load-settings.js';
import { launchGateway } from '../../src/framework/create-gateway.js';
import { type LogLine, MemoryLog } from '../../src/framework/testing/memory-log.js';
import { createObservability, type Observability } from '../../src/observability/create-observability.js';
import type { Telemetry } from '../../src/observability/telemetry.js';

export type { LogLine };

export const TEST_SECRET = 'a-secret-for-tests-that-is-long-enough';

/** Both ways through the gateway: every promise is tested on each. */
export const WAYS = ['compiled', 'interpreted'] as const;
export type Way = (typeof WAYS)[number];

/** A gateway on free loopback ports, with its logs in memory. */
export interface RunningGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly adminPort: number;
  /** 0 where no certificate is configured. */
  readonly httpsPort: number;
  readonly url: string;
  readonly adminUrl: string;
  readonly observability: Observability;
  /** Every line logged so far. */
  readonly lines: () => readonly LogLine[];
  /** The lines of an event so far; waits until there are as many. */
  logged(event: string, count: number): Promise<readonly LogLine[]>;
  /** The access lines so far; waits until there are as many. */
  accessLines(count: number): Promise<readonly LogLine[]>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly way?: Way;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly nest?: CreateGatewayOptions['nest'];
  /** Default: no traces. */
  readonly telemetry?: Telemetry;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Runs after the application was created and before it is initialised: `app.use`, `setGlobalPrefix` … */
  readonly prepare?: (app: INestApplication) => void;
}

/** Starts a gateway of a module the way the service does. */
export async function startGateway(
  module: Type | object,
  options: StartOptions = {},
): Promise<RunningGateway> {
  const environment = {
    JWT_SECRET: TEST_SECRET,
    HOST: '127.0.0.1',
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: '0',
    HTTPS_PORT:
      options.environment?.['TLS_CERT_FILE'] === undefined &&
      options.environment?.['TLS_CERT_DIR'] === undefined
        ? undefined
        : '0',
    DRAIN_DELAY_MS: '0',
    LOG_LEVEL: 'info',
    PORTCULLIS_COMPILE: options.way === 'interpreted' ? 'off' : 'auto',
    ...options.environment,
  };
  const log = new MemoryLog();
  const observability = createObservability(loadSettings(environment), {
    sink: log.sink,
    ...(options.telemetry === undefined ? {} : { telemetry: options.telemetry }),
  });
  const { nest = {}, clock } = options;
  const standIns = clock === undefined ? undefined : { clock };
  const gateway = await launchGateway(module as Type, { environment, observability, nest }, standIns);
  options.prepare?.(gateway as unknown as INestApplication);
  const server = await gateway.listen(0, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  const adminPort = gateway.admin()?.port as number;
  return {
    gateway,
    port,
    adminPort,
    httpsPort: gateway.httpsPort() ?? 0,
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    observability,
    lines: () => log.lines,
    logged: (event, count) => log.logged(event, count),
    accessLines: (count) => log.logged('request', count),
    close: () => gateway.close(),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  json(): unknown;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
}

/** Sends one request on a connection of its own and reads the whole answer. */
export function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        const text = whole.toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: whole,
          text,
          json: () => JSON.parse(text) as unknown,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
