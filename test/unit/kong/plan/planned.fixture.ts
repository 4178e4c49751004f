import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConfigProblem } from '../../../../src/contracts/config-problem.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import { runAfter } from '../../../../src/contracts/run-after.js';
import { UpstreamResponse } from '../../../../src/contracts/upstream-response.js';
import { runBefore } from '../../../../src/edge/route.runner.js';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import { readKongConfiguration } from '../../../../src/kong/document/read-kong-configuration.js';
import type { KongConfiguration } from '../../../../src/kong/kong-configuration.js';
import type { KongPluginName } from '../../../../src/kong/kong-plugins.js';
import type { KongRoutes } from '../../../../src/kong/plan/kong.routes.js';
import { planKong } from '../../../../src/kong/plan/plan-kong.js';
import { type AnyPluginMapping, pluginMappings } from '../../../../src/kong/plan/plugin-mappings.js';
import { compileKongRoutes } from '../../../../src/kong/routing/compile-kong-routes.js';

/** The configuration of a text that must be sound. */
export function kongConfiguration(text: string): KongConfiguration {
  const { configuration, problems } = readKongConfiguration([{ name: 'kong.yml', text }]);
  if (configuration === undefined) throw new Error(JSON.stringify(problems, null, 2));
  return configuration;
}

export interface Planned {
  readonly routes: KongRoutes;
  readonly problems: readonly ConfigProblem[];
  /** What ran, in order: `phase plugin`, and the name of the instance where it has one. */
  readonly ran: string[];
}

const PRIORITIES: Partial<Readonly<Record<KongPluginName, number>>> = {
  'correlation-id': 100_001,
  cors: 2_000,
  jwt: 1_450,
  'key-auth': 1_250,
  'ip-restriction': 990,
  'request-size-limiting': 951,
  acl: 950,
  'rate-limiting': 910,
  'request-transformer': 801,
  'response-transformer': 800,
  'file-log': 9,
  'request-termination': 2,
};

/** Plans a file with plugins that only say that they ran. `jwt` and `key-auth` say that the header `x-consumer` calls. */
export function planned(text: string): Planned {
  const configuration = kongConfiguration(text);
  const ran: string[] = [];
  const { consumers } = buildConsumers(configuration.consumers);
  const mappings = Object.entries(PRIORITIES).map(
    ([name, priority]): AnyPluginMapping => ({
      name: name as KongPluginName,
      priority: priority as number,
      stage: 'shape',
      compile: ({ instance }: { instance: { instanceName: string | undefined } }) => {
        const label = [name, instance.instanceName].filter((part) => part !== undefined).join(' ');
        return {
          before: (exchange: Exchange) => {
            ran.push(`before ${label}`);
            if (name !== 'jwt' && name !== 'key-auth') return;
            const id = exchange.req.headers['x-consumer'] as string | undefined;
            const known = id === undefined ? undefined : consumers.byId(id);
            if (known !== undefined)
              exchange.principal = principalOf({ method: name, consumer: known.consumer });
          },
          after: (_exchange: Exchange, response: UpstreamResponse) => {
            ran.push(`after ${label}`);
            return response;
          },
          log: () => void ran.push(`log ${label}`),
        };
      },
    }),
  );
  const { routes, problems } = planKong(configuration, {
    matcher: compileKongRoutes(configuration.routes).matcher,
    mappings: pluginMappings(mappings),
    policies: { compile: () => ({}) },
    consumers,
    backends: { of: ({ name }) => ({ name: name ?? '', forward: () => new Promise(() => {}) }) },
    strict: false,
    bodyLimitBytes: 1_000,
    now: () => 0,
  });
  return { routes, problems, ran };
}

/** A request of a consumer, by id. */
export function requestOf(path: string, consumer?: string): Exchange {
  const headers = consumer === undefined ? {} : { 'x-consumer': consumer };
  const req = { rawHeaders: ['Host', 'gateway.test'], headers, socket: {}, method: 'GET' };
  return new Exchange(
    req as unknown as IncomingMessage,
    {} as ServerResponse,
    'GET',
    path,
    '',
    '192.0.2.1',
    'id',
    0,
    undefined,
  );
}

/** What runs for a request in each phase: the instances by plugin. */
export async function passedThrough(plan: Planned, exchange: Exchange): Promise<readonly string[]> {
  plan.ran.length = 0;
  const route = plan.routes.enter(exchange);
  if (route === undefined) throw new Error('No route takes the request.');
  await runBefore(route.before, exchange);
  await runAfter(route.after, exchange, UpstreamResponse.json({}));
  exchange.settle();
  return plan.ran;
}
