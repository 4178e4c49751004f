import type { IncomingMessage, ServerResponse } from 'node:http';
import { EarlyAnswer } from '../../src/contracts/early-answer.js';
import { Exchange } from '../../src/contracts/exchange.js';
import { ForwardCall } from '../../src/contracts/forward-call.js';
import type { RequestBody } from '../../src/contracts/upstream-request.js';
import type { UpstreamResponse } from '../../src/contracts/upstream-response.js';
import type { KongPluginConfigs, KongPluginName } from '../../src/kong/kong-plugins.js';
import type { CompiledPlugin, PluginPlace } from '../../src/kong/plugins/kong-plugin.js';
import { kongRoute, kongService } from './kong.routes.js';

/** What a client sends; the rest is a plain GET. */
export interface Sent {
  readonly method?: string;
  readonly query?: string;
  /** Flat name/value pairs. */
  readonly headers?: readonly string[];
  readonly clientAddress?: string;
  readonly body?: RequestBody;
  readonly socket?: object;
}

/** An exchange with a call, as a route of a Kong file has it. */
export function sentExchange(sent: Sent = {}): Exchange {
  const {
    method = 'GET',
    query = '',
    headers = [],
    clientAddress = '203.0.113.9',
    body,
    socket = { encrypted: false, localAddress: '10.1.1.1', localPort: 8000 },
  } = sent;
  const req = { rawHeaders: headers, socket } as unknown as IncomingMessage;
  const exchange = new Exchange(
    req,
    {} as ServerResponse,
    method,
    '/a',
    query,
    clientAddress,
    'id-1',
    0,
    body,
  );
  exchange.call = new ForwardCall(exchange, method, '/a', query, body);
  return exchange;
}

const PLACE = { file: 'kong.yml', line: 1, column: 1, path: '' };

export const SERVICE = kongService({
  id: 'service-1',
  name: 'shop',
  host: 'shop.internal',
  port: 8080,
  path: '/v1',
});

export const ROUTE = kongRoute({ id: 'route-1', name: 'shop-route', paths: ['/a'], service: SERVICE });

/** The place of one instance with this configuration, on a route of a service. */
export function placeOf<Name extends KongPluginName>(
  name: Name,
  config: KongPluginConfigs[Name],
  strict = false,
): PluginPlace<Name> {
  const unused = (): never => {
    throw new Error('A small plugin asks for neither consumers nor other policies.');
  };
  return {
    instance: {
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
    },
    route: ROUTE,
    service: SERVICE,
    facts: {
      id: 'shop-route',
      methods: undefined,
      path: '/a',
      paramNames: [],
      handler: 'kong',
      upstream: 'shop',
      proxied: true,
      authenticated: false,
    },
    consumers: { byId: unused, byJwtKey: unused, byApiKey: unused, byBasicUsername: unused },
    policies: { compile: unused },
    strict,
  };
}

/** What the stage did: passed the request on, answered it, or refused it. */
export async function outcomeOf(
  plugin: CompiledPlugin,
  exchange: Exchange,
): Promise<'passed' | UpstreamResponse | Error> {
  try {
    await plugin.before?.(exchange);
    return 'passed';
  } catch (thrown) {
    return thrown instanceof EarlyAnswer ? thrown.response : (thrown as Error);
  }
}

/** The values of a field on an answer. */
export function valuesOf(headers: readonly string[], name: string): readonly string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name.toLowerCase());
}
