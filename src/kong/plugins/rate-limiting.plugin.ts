import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { GatewayError } from '../../contracts/gateway-error.js';
import { headerValue } from '../../contracts/raw-headers.js';
import type { RedisServerOptions } from '../../contracts/redis-server.js';
import {
  RATE_LIMIT,
  type RateLimitOptions,
  type RateLimitWindow,
} from '../../policies/rate-limit/rate-limit.options.js';
import {
  KONG_RATE_WINDOWS,
  type KongRateLimitingConfig,
  type KongRateWindow,
  type KongRedisConfig,
} from '../kong-plugins.js';
import { inKongsWords, type KongWords } from './in-kongs-words.js';
import type { CompiledPlugin, KongPluginMapping, PluginPlace } from './kong-plugin.js';
import { KongRefusal } from './kong-refusal.js';
import { type KongRateQuota, kongRateFields, RATE_RESET_FIELD } from './rate-limiting.fields.js';
import { identifierOf } from './rate-limiting.identifier.js';

const WINDOWS: Readonly<Record<KongRateWindow, RateLimitWindow>> = {
  second: '1s',
  minute: '1m',
  hour: '1h',
  day: '1d',
  month: '1mo',
  year: '1y',
};

/** With `sync_rate` an instance takes the fiftieth part of the smallest limit at a time, so much at most. */
const LEASE_SHARE = 50;
const LARGEST_LEASE = 100;

/** Kong's rate-limiting on the gateway's rate limit: windows of the calendar in UTC, as many as are named. */
export function rateLimitingPlugin(clock: Pick<Clock, 'now'>): KongPluginMapping<'rate-limiting'> {
  return {
    name: 'rate-limiting',
    priority: 910,
    stage: 'quota',
    compile: (place) => compile(place, clock),
  };
}

export const RATE_LIMITING_PLUGIN = rateLimitingPlugin(systemClock);

type Place = PluginPlace<'rate-limiting'>;

function compile(
  { instance, service, facts, policies, strict }: Place,
  clock: Pick<Clock, 'now'>,
): CompiledPlugin {
  const { config } = instance;
  const quotas = quotasOf(config);
  const [first, ...also] = quotas.map(({ window, limit }) => ({ limit, window: WINDOWS[window] }));
  if (first === undefined) return {};
  const writeFields = kongRateFields(quotas, clock);
  const identifier = identifierOf(config, service?.id);
  const shared = config.policy === 'redis';
  const lease = shared ? leaseOf(config, quotas) : undefined;
  const options: RateLimitOptions = {
    ...first,
    ...(also.length === 0 ? {} : { also }),
    algorithm: 'calendar-window',
    // Kong counts an IPv6 client by its whole address, of which it has as many as it likes; here it is its subnet.
    by: strict ? (exchange) => identifier(exchange) ?? `ip:${exchange.clientAddress}` : identifier,
    name: 'kong-rate-limiting',
    bucket: bucketOf(instance),
    headers: config.hideClientHeaders ? false : (fields, { windows }) => writeFields(fields, windows),
    fail: config.faultTolerant ? 'open' : 'closed',
    ...storeOf(config, strict),
    // Kong's own way with Redis: it counts first and looks then.
    ...(shared && config.syncRate < 0 ? { countRefused: true } : {}),
    ...(lease === undefined ? {} : { lease }),
  };
  const { before, close } = policies.compile(RATE_LIMIT, options, facts);
  return {
    ...(before === undefined ? {} : { before: inKongsWords(before, wordsOf(config)) }),
    ...(close === undefined ? {} : { close }),
  };
}

/** In the order of their lengths. */
function quotasOf({ limits }: KongRateLimitingConfig): readonly KongRateQuota[] {
  return KONG_RATE_WINDOWS.flatMap((window) => {
    const limit = limits[window];
    return limit === undefined ? [] : [{ window, limit }];
  });
}

/** What counts together: as in Kong, by where the instance was declared and not by where it runs. */
function bucketOf({ route = '', service = '' }: Place['instance']): string {
  return `kong rate-limiting ${route} ${service}`;
}

/** Kong counts alone and tells Redis now and then; here units are taken from Redis before they are handed out. */
function leaseOf({ syncRate }: KongRateLimitingConfig, quotas: readonly KongRateQuota[]): number | undefined {
  if (syncRate < 0) return undefined;
  const smallest = Math.min(...quotas.map(({ limit }) => limit));
  const lease = Math.min(LARGEST_LEASE, Math.floor(smallest / LEASE_SHARE));
  return lease < 2 ? undefined : lease;
}

/** Without a host it is whatever the gateway counts in: `REDIS_URL`, or its own memory, as it says at boot. */
function storeOf(
  { policy, redis }: KongRateLimitingConfig,
  strict: boolean,
): Pick<RateLimitOptions, 'store'> {
  if (policy === 'local') return { store: 'memory' };
  if (redis !== undefined) return { store: serverOf(redis) };
  return strict ? { store: 'redis' } : {};
}

function serverOf(redis: KongRedisConfig): RedisServerOptions {
  const { host, port, timeoutMs, username, password, database, ssl, sslVerify, serverName } = redis;
  return {
    host,
    port,
    timeoutMs,
    username,
    password,
    database,
    tls: ssl ? { verify: sslVerify, serverName } : false,
  };
}

/** The limit's own refusals; what else it throws is nothing of Kong's. */
function wordsOf(config: KongRateLimitingConfig): KongWords {
  return (exchange, error) => {
    if (error.code === 'rate-limited') return exceeded(exchange, error, config);
    return error.code === 'limits-unavailable' ? unavailable(error) : undefined;
  };
}

/** With the fields hidden, Kong does not say either when to come back. */
function exceeded(exchange: Exchange, cause: GatewayError, config: KongRateLimitingConfig): KongRefusal {
  const reset = config.hideClientHeaders
    ? undefined
    : headerValue(exchange.replyHeaders, RATE_RESET_FIELD.toLowerCase());
  return new KongRefusal(
    'rate-limited',
    {
      status: config.errorCode,
      message: config.errorMessage,
      ...(reset === undefined ? {} : { headers: ['Retry-After', reset] }),
    },
    { policy: 'rate-limiting', ...(cause.detail === undefined ? {} : { detail: cause.detail }) },
  );
}

function unavailable(cause: GatewayError): KongRefusal {
  return new KongRefusal(
    'limits-unavailable',
    { status: 500, message: 'An unexpected error occurred' },
    { policy: 'rate-limiting', cause: cause.cause },
  );
}
