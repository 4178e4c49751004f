import { KONG_RATE_WINDOWS, type KongRateLimitingConfig, type KongRateWindow } from '../../kong-plugins.js';
import { optional, withDefault } from '../fields/field.js';
import type { Kind } from '../fields/kind.js';
import { headerName } from '../fields/name.kinds.js';
import { plainPath } from '../fields/path.kinds.js';
import { FAULT, type Reading } from '../fields/reading.js';
import { anyText, oneOf } from '../fields/text.kinds.js';
import { decimal, numberAbove, whole, yesNo } from '../fields/value.kinds.js';
import type { MapNode } from '../text/document-node.js';
import { pluginSchema } from './plugin-schema.js';
import { REDIS_FIELDS, redisConfig } from './redis.fields.js';

const LIMIT = optional(numberAbove(0));
const anyPolicy = oneOf('local', 'redis', 'cluster');

/** `cluster` counts in Kong's database, which a declarative file does not have. */
const policy: Kind<'local' | 'redis'> = {
  allowed: 'one of local, redis',
  read(node, reading) {
    const found = anyPolicy.read(node, reading);
    if (found !== 'cluster') return found;
    return reading.fail(
      node,
      'is cluster, which counts in a database of Kong; must be local, or redis to count over all instances.',
    );
  },
};

export const rateLimitingSchema = pluginSchema(
  'rate-limiting',
  {},
  {
    second: LIMIT,
    minute: LIMIT,
    hour: LIMIT,
    day: LIMIT,
    month: LIMIT,
    year: LIMIT,
    limit_by: withDefault(oneOf('consumer', 'credential', 'ip', 'service', 'header', 'path'), 'consumer'),
    header_name: optional(headerName),
    path: optional(plainPath),
    policy: withDefault(policy, 'local'),
    fault_tolerant: withDefault(yesNo, true),
    hide_client_headers: withDefault(yesNo, false),
    error_code: withDefault(whole(200, 599), 429),
    error_message: withDefault(anyText, 'API rate limit exceeded'),
    sync_rate: withDefault(decimal(-1, 2 ** 31), -1),
    ...REDIS_FIELDS,
  },
  (config, node, reading) => {
    const limits = Object.freeze(
      Object.fromEntries(
        KONG_RATE_WINDOWS.flatMap((window) => {
          const limit = config[window];
          return limit === undefined ? [] : [[window, limit]];
        }),
      ),
    ) as KongRateLimitingConfig['limits'];
    const redis = redisConfig(config);
    const sound = [
      windowsHold(limits, node, reading),
      nameHolds(config, node, reading),
      syncHolds(config, node, reading),
      redisHolds(config.policy, redis !== undefined, node, reading),
    ];
    if (sound.includes(false)) return FAULT;
    return {
      limits,
      limitBy: config.limit_by,
      headerName: config.header_name?.toLowerCase(),
      path: config.path,
      policy: config.policy,
      faultTolerant: config.fault_tolerant,
      hideClientHeaders: config.hide_client_headers,
      errorCode: config.error_code,
      errorMessage: config.error_message,
      syncRate: config.sync_rate,
      redis: config.policy === 'redis' ? redis : undefined,
    };
  },
);

function windowsHold(limits: KongRateLimitingConfig['limits'], node: MapNode, reading: Reading): boolean {
  const given = Object.entries(limits) as [KongRateWindow, number][];
  if (given.length === 0) {
    reading.fail(node, `has no limit; must have one of ${KONG_RATE_WINDOWS.join(', ')}.`);
    return false;
  }
  const wrong = given.filter(([window, limit], index) => {
    const greatest = given.slice(0, index).find(([, shorter]) => shorter > limit);
    if (greatest === undefined) return false;
    const [shorter, more] = greatest;
    reading
      .member(window)
      .fail(
        node.entries.get(window)?.value ?? node,
        `is ${limit}, less than the ${more} for each ${shorter}; a longer window may not have a smaller limit.`,
      );
    return true;
  });
  return wrong.length === 0;
}

function nameHolds(
  config: {
    readonly limit_by: string;
    readonly header_name: string | undefined;
    readonly path: string | undefined;
  },
  node: MapNode,
  reading: Reading,
): boolean {
  const field =
    config.limit_by === 'header' ? 'header_name' : config.limit_by === 'path' ? 'path' : undefined;
  if (field === undefined || config[field] !== undefined) return true;
  reading.member(field).fail(node, `is missing; limit_by is ${config.limit_by} and needs it.`);
  return false;
}

function syncHolds(
  { sync_rate: rate, policy: where }: { readonly sync_rate: number; readonly policy: string },
  node: MapNode,
  reading: Reading,
): boolean {
  if (rate === -1) return true;
  const at = reading.member('sync_rate');
  const value = node.entries.get('sync_rate')?.value ?? node;
  if (rate < 0.02) at.fail(value, `is ${rate}; must be -1, or seconds from 0.02.`);
  else if (where !== 'redis') at.fail(value, 'is for policy: redis alone; leave it out.');
  else return true;
  return false;
}

/** Kong asks for a host; the gateway has a Redis of its own in REDIS_URL. */
function redisHolds(where: string, named: boolean, node: MapNode, reading: Reading): boolean {
  if (where !== 'redis' || named) return true;
  const at = reading.member('redis').member('host');
  if (reading.scope.strict) {
    at.fail(node, 'is missing; policy is redis and needs it, as in Kong.');
    return false;
  }
  at.warn(
    node,
    'is missing, which Kong refuses; REDIS_URL is used, and the memory of each instance where that is not set.',
  );
  return true;
}
