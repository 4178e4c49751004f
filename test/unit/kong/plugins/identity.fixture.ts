import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../../src/contracts/clock.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import { SecretText } from '../../../../src/contracts/secret-text.js';
import type { RequestBody, UpstreamRequest } from '../../../../src/contracts/upstream-request.js';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type {
  KongBasicAuthCredential,
  KongConsumer,
  KongEntity,
  KongJwtSecret,
  KongKeyAuthCredential,
  KongRoute,
} from '../../../../src/kong/kong-configuration.js';
import type { KongConsumers } from '../../../../src/kong/kong-consumers.js';
import type { KongPluginConfigs, KongPluginName } from '../../../../src/kong/kong-plugins.js';
import type {
  CompiledPlugin,
  KongPluginMapping,
  PluginPlace,
} from '../../../../src/kong/plugins/kong-plugin.js';
import { KongRefusal } from '../../../../src/kong/plugins/kong-refusal.js';
import { UpstreamRequestBuilder } from '../../../../src/proxy/request/upstream-request.builder.js';

/** 2026-11-01T00:00:00Z */
export const NOW_SECONDS = 1_793_491_200;

/** A clock that a test moves. */
export class MovedClock implements Clock {
  nowMs = NOW_SECONDS * 1_000;
  monotonicMs = 5_000;
  now(): number {
    return this.nowMs;
  }
  monotonic(): number {
    return this.monotonicMs;
  }
}

let line = 0;
const entity = (id: string): KongEntity => {
  line++;
  return { id, tags: [], place: { file: 'kong.yml', line, column: 3, path: `entities[${line}]` } };
};

export type ConsumerParts = Partial<
  Pick<
    KongConsumer,
    'username' | 'customId' | 'jwtSecrets' | 'keyAuthCredentials' | 'basicAuthCredentials' | 'groups'
  >
>;

export const consumer = (id: string, parts: ConsumerParts = {}): KongConsumer => ({
  ...entity(id),
  username: id,
  customId: undefined,
  jwtSecrets: [],
  keyAuthCredentials: [],
  basicAuthCredentials: [],
  groups: [],
  ...parts,
});

export const jwtSecret = (
  key: string,
  secret: string | undefined,
  parts: Partial<Pick<KongJwtSecret, 'algorithm' | 'publicKey'>> = {},
): KongJwtSecret => ({
  ...entity(`jwt-${key}`),
  key,
  algorithm: 'HS256',
  secret: secret === undefined ? undefined : new SecretText(secret),
  publicKey: undefined,
  ...parts,
});

export const apiKeyOf = (key: string, ttl?: number): KongKeyAuthCredential => ({
  ...entity(`key-id-${line}`),
  key: new SecretText(key),
  ttl,
});

export const passwordOf = (username: string, password: string, hashed = false): KongBasicAuthCredential => ({
  ...entity(`basic-${username}`),
  username,
  password: new SecretText(password),
  hashed,
});

export const DEFAULTS: Pick<KongPluginConfigs, 'jwt' | 'key-auth' | 'basic-auth' | 'acl'> = {
  jwt: {
    uriParamNames: ['jwt'],
    cookieNames: [],
    headerNames: ['authorization'],
    keyClaimName: 'iss',
    secretIsBase64: false,
    claimsToVerify: [],
    maximumExpiration: 0,
    anonymous: undefined,
    runOnPreflight: true,
    realm: undefined,
  },
  'key-auth': {
    keyNames: ['apikey'],
    keyInHeader: true,
    keyInQuery: true,
    keyInBody: false,
    hideCredentials: false,
    anonymous: undefined,
    runOnPreflight: true,
    realm: undefined,
  },
  'basic-auth': { hideCredentials: false, anonymous: undefined, realm: 'service' },
  acl: { allow: undefined, deny: undefined, hideGroupsHeader: false, alwaysUseAuthenticatedGroups: false },
};
type IdentityPlugin = keyof typeof DEFAULTS;

const FACTS: RouteFacts = {
  id: 'kong orders-route',
  methods: undefined,
  path: '/orders',
  paramNames: [],
  handler: 'orders-route',
  upstream: 'orders',
  proxied: true,
  authenticated: true,
};

const nobody = buildConsumers([]).consumers;

export function placeOf<Name extends IdentityPlugin>(
  name: Name,
  config: Partial<KongPluginConfigs[Name]> = {},
  consumers: KongConsumers = nobody,
): PluginPlace<Name> {
  const unused = {
    compile: () => {
      throw new Error('not used here');
    },
  };
  return {
    instance: {
      ...entity(`${name}-instance`),
      name,
      instanceName: undefined,
      enabled: true,
      protocols: ['http', 'https'],
      config: { ...DEFAULTS[name], ...config } as KongPluginConfigs[Name],
      route: undefined,
      service: undefined,
      consumer: undefined,
    },
    route: {} as KongRoute,
    service: undefined,
    facts: FACTS,
    consumers,
    policies: unused,
    strict: false,
  };
}

export const compiled = <Name extends IdentityPlugin & KongPluginName>(
  mapping: KongPluginMapping<Name>,
  config: Partial<KongPluginConfigs[Name]>,
  consumers: KongConsumers,
): CompiledPlugin => mapping.compile(placeOf<Name>(mapping.name, config, consumers));

export interface Sent {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly query?: string;
  readonly body?: RequestBody;
  readonly socket?: object;
}

/** An exchange of a client that sent this, with the call a Kong route would forward. */
export function exchangeOf({
  method = 'GET',
  headers = [],
  query = '',
  body,
  socket = {},
}: Sent = {}): Exchange {
  const rawHeaders = ['Host', 'api.example', ...headers];
  const req = { rawHeaders, socket, httpVersion: '1.1' } as unknown as IncomingMessage;
  const exchange = new Exchange(
    req,
    {} as ServerResponse,
    method,
    '/orders',
    query,
    '203.0.113.9',
    'id-1',
    0,
    body,
  );
  exchange.call = new ForwardCall(exchange, method, '/orders', query, body);
  return exchange;
}

/** What one plugin, or several in this order, make of a request: `undefined` when it goes on. */
export async function refusalOf(
  plugins: CompiledPlugin | readonly CompiledPlugin[],
  exchange: Exchange,
): Promise<KongRefusal | undefined> {
  try {
    for (const plugin of [plugins].flat() as CompiledPlugin[]) await plugin.before?.(exchange);
    return undefined;
  } catch (error) {
    if (error instanceof KongRefusal) return error;
    throw error;
  }
}

const BUILDER = new UpstreamRequestBuilder();
const TARGET = { id: 'orders:80', host: 'orders', port: 80, tls: false, weight: 1 };

/** The request as it goes on the wire. */
export const upstreamRequest = (exchange: Exchange): UpstreamRequest =>
  BUILDER.build(exchange.call as ForwardCall, TARGET);

/** Every value that the upstream reads under a name. */
export function told(exchange: Exchange, name: string): string[] {
  const { headers } = upstreamRequest(exchange);
  return headers.filter((_, i) => i % 2 === 1 && (headers[i - 1] as string).toLowerCase() === name);
}

export const basicHeader = (pair: string | Buffer): readonly string[] => [
  'Authorization',
  `Basic ${Buffer.from(pair).toString('base64')}`,
];

export const streamed = (stream: Readable, length?: number): RequestBody => ({ stream, length });
