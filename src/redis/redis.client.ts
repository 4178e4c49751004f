import { Cluster, Command, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress, SentinelRedis } from '../contracts/redis-address.js';
import { CLUSTER_OPTIONS, REDIS_OPTIONS, SENTINEL_OPTIONS } from './redis.options.js';

export type RedisClient = Redis | Cluster;

/**
 * A client for one connection to what an address names, not connected yet.
 *
 * @param turn which sentinel is asked first, counted round
 * @param timeoutMs of a single Redis: how long connecting may take
 */
export function redisClient(address: RedisAddress, turn: number, timeoutMs?: number): RedisClient {
  switch (address.kind) {
    case 'single':
      return new Redis({
        ...REDIS_OPTIONS,
        ...clocks(timeoutMs),
        ...access(address),
        ...address.at,
        db: address.database,
      });
    case 'sentinel':
      return new Redis({ ...SENTINEL_OPTIONS, ...access(address), ...sentinels(address, turn) });
    case 'cluster': {
      const redisOptions = { ...CLUSTER_OPTIONS.redisOptions, ...access(address) };
      const cluster = new Cluster([...address.nodes], { ...CLUSTER_OPTIONS, redisOptions });
      // Otherwise the first command for each primary waits for its connection and handshakes.
      cluster.on('+node', (node: Redis) => {
        if (node.options.readOnly !== true) node.connect().catch(() => undefined);
      });
      return cluster;
    }
  }
}

/** How a connection logs in, and whether it is made with TLS. */
export function access({ tls, login, certificate }: Pick<RedisAddress, 'tls' | 'login' | 'certificate'>) {
  return {
    ...(tls ? { tls: certificate === undefined ? {} : judged(certificate) } : {}),
    ...(login === undefined ? {} : { password: login.password }),
    ...(login?.user === undefined ? {} : { username: login.user }),
  } satisfies RedisOptions;
}

function judged({ verify, serverName }: NonNullable<RedisAddress['certificate']>) {
  return { rejectUnauthorized: verify, ...(serverName === undefined ? {} : { servername: serverName }) };
}

/** A connection on which an answer is due must outlive the answer's own clock. */
function clocks(timeoutMs: number | undefined) {
  if (timeoutMs === undefined) return {};
  return {
    connectTimeout: timeoutMs,
    socketTimeout: Math.max(timeoutMs * 2, REDIS_OPTIONS.socketTimeout),
  } satisfies RedisOptions;
}

function sentinels({ sentinels: all, group, sentinelLogin, database, tls }: SentinelRedis, turn: number) {
  const first = turn % all.length;
  return {
    sentinels: [...all.slice(first), ...all.slice(0, first)],
    name: group,
    db: database,
    ...(sentinelLogin === undefined ? {} : { sentinelPassword: sentinelLogin.password }),
    ...(sentinelLogin?.user === undefined ? {} : { sentinelUsername: sentinelLogin.user }),
    ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  } satisfies RedisOptions;
}

/** The node that a key stands on as far as the client knows; without a cluster there is one. */
export function nodeOf(client: RedisClient, key: string): string {
  if (client instanceof Redis) return '';
  return client.slots[new Command('get', [key]).getSlot()]?.[0] ?? '';
}
