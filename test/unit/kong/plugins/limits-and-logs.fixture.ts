import { ConfigError } from '../../../../src/contracts/config-problem.js';
import type { DownstreamReply, DownstreamRequest } from '../../../../src/contracts/downstream.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import type { Policy } from '../../../../src/contracts/policy.js';
import { type Consumer, principalOf } from '../../../../src/contracts/principal.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import type { KongPlace } from '../../../../src/kong/kong-configuration.js';
import type { KongConsumers } from '../../../../src/kong/kong-consumers.js';
import type { KongPluginConfigs, KongPluginName, KongPluginOf } from '../../../../src/kong/kong-plugins.js';
import type { PluginPlace } from '../../../../src/kong/plugins/kong-plugin.js';
import { kongRoute, kongService } from '../../../support/kong.routes.js';

const PLACE: KongPlace = { file: 'kong.yml', line: 1, column: 1, path: 'plugins[0]' };

const SERVICE = kongService({
  id: 'service-1',
  tags: ['shop'],
  name: 'orders',
  host: 'orders.internal',
  port: 8080,
  path: '/v1',
});

const ROUTE = kongRoute({
  id: 'route-1',
  name: 'all-orders',
  methods: ['GET'],
  paths: ['/orders'],
  service: SERVICE,
});

export const FACTS: RouteFacts = {
  id: 'kong all-orders',
  methods: ['GET'],
  path: '/orders',
  paramNames: [],
  handler: 'kong.yml:1:1',
  upstream: 'orders',
  proxied: true,
  authenticated: false,
};

const NOBODY: KongConsumers = {
  byId: () => undefined,
  byJwtKey: () => undefined,
  byApiKey: () => undefined,
  byBasicUsername: () => undefined,
};

type Scope = Partial<Pick<KongPluginOf<KongPluginName>, 'id' | 'route' | 'service' | 'consumer'>>;

/** An instance of a plugin on a route, with the gateway's own policies behind it. */
export function placeOf<Name extends KongPluginName>(
  name: Name,
  config: KongPluginConfigs[Name],
  policies: readonly Policy<never>[],
  given: Scope & { readonly strict?: boolean; readonly without?: 'service' } = {},
): PluginPlace<Name> {
  const { strict = false, without, ...scope } = given;
  const instance: KongPluginOf<Name> = {
    id: 'plugin-1',
    tags: [],
    place: PLACE,
    name,
    instanceName: undefined,
    enabled: true,
    protocols: ['http', 'https'],
    config,
    route: undefined,
    service: undefined,
    consumer: undefined,
    ...scope,
  };
  return {
    instance,
    route: ROUTE,
    service: without === 'service' ? undefined : SERVICE,
    facts: FACTS,
    consumers: NOBODY,
    strict,
    policies: {
      compile(policy, options, facts) {
        const found = policies.find((one) => one.name === policy);
        if (found === undefined) throw new TypeError(`There is no policy ${policy}.`);
        const problems = found.check(options as never, facts);
        if (problems.length > 0) {
          throw new ConfigError(problems.map((message) => ({ where: facts.handler, message })));
        }
        return found.compile(options as never, facts);
      },
    },
  };
}

export interface Asked {
  readonly path?: string;
  readonly query?: string;
  readonly address?: string;
  readonly headers?: readonly string[];
  readonly consumer?: string;
  readonly credential?: string;
}

export function exchangeOf(asked: Asked = {}, startedAt = 0): Exchange {
  const { path = '/orders', query = '', address = '10.0.0.1', headers = [], consumer, credential } = asked;
  const socket = { localPort: 8000, destroyed: false };
  const req = {
    method: 'GET',
    url: path + query,
    rawHeaders: [...headers],
    httpVersion: '1.1',
    socket,
  } as unknown as DownstreamRequest;
  const res = { socket } as unknown as DownstreamReply;
  const exchange = new Exchange(req, res, 'GET', path, query, address, 'id-1', startedAt, undefined);
  if (consumer !== undefined || credential !== undefined) {
    exchange.principal = principalOf({
      method: 'key-auth',
      consumer: consumer === undefined ? undefined : consumerOf(consumer),
      credential,
    });
  }
  return exchange;
}

function consumerOf(id: string): Consumer {
  return { id, name: `name of ${id}`, customId: `custom ${id}`, plan: undefined, groups: new Set() };
}

/** Flat name/value pairs as an object. */
export function fieldsOf(list: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) fields[list[i] as string] = list[i + 1] as string;
  return fields;
}
