import type { KongRedisConfig } from '../../kong-plugins.js';
import { clearable, notHere, optional, secret } from '../fields/field.js';
import { isHostOrAddress, withoutBrackets } from '../fields/name.kinds.js';
import { type RecordOf, record } from '../fields/record.kind.js';
import { secretText, text } from '../fields/text.kinds.js';
import { whole, yesNo } from '../fields/value.kinds.js';

const HOST = 'a host name or an address';
const REDIS_URL = 'is part of Kong Enterprise; REDIS_URL names groups of Sentinel and clusters.';
const host = text(HOST, (name) => (isHostOrAddress(name.toLowerCase()) ? undefined : HOST));

const host_ = optional(host);
const port = optional(whole(1, 65_535));
const timeout = optional(whole(1, 2 ** 31 - 2));
const username = optional(text());
const password = secret(optional(secretText()));
const database = optional(whole(0, 2 ** 31));
const ssl = optional(yesNo);
const server_name = optional(host);

/** The fields of `redis`. None has its default yet: an old flat name may give the value. */
const NESTED = {
  host: host_,
  port,
  timeout,
  username,
  password,
  database,
  ssl,
  ssl_verify: ssl,
  server_name,
  connect_timeout: notHere(REDIS_URL),
  sentinel_nodes: notHere(REDIS_URL),
  sentinel_master: notHere(REDIS_URL),
  cluster_nodes: notHere(REDIS_URL),
  cluster_addresses: notHere(REDIS_URL),
} as const;

export const REDIS_FIELDS = {
  redis: clearable(record(NESTED), undefined as unknown as RecordOf<typeof NESTED>),
  redis_host: host_,
  redis_port: port,
  redis_timeout: timeout,
  redis_username: username,
  redis_password: password,
  redis_database: database,
  redis_ssl: ssl,
  redis_ssl_verify: ssl,
  redis_server_name: server_name,
} as const;

/** Where the counters are; `undefined` when no host is named. The old flat names count where the new ones are left out. */
export function redisConfig(config: RecordOf<typeof REDIS_FIELDS>): KongRedisConfig | undefined {
  const redis: Partial<RecordOf<typeof NESTED>> = config.redis ?? {};
  const named = redis.host ?? config.redis_host;
  if (named === undefined) return undefined;
  return {
    host: withoutBrackets(named.toLowerCase()),
    port: redis.port ?? config.redis_port ?? 6_379,
    timeoutMs: redis.timeout ?? config.redis_timeout ?? 2_000,
    username: redis.username ?? config.redis_username,
    password: redis.password ?? config.redis_password,
    database: redis.database ?? config.redis_database ?? 0,
    ssl: redis.ssl ?? config.redis_ssl ?? false,
    sslVerify: redis.ssl_verify ?? config.redis_ssl_verify ?? false,
    serverName: redis.server_name ?? config.redis_server_name,
  };
}
