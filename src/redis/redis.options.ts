import type { ClusterOptions, RedisOptions } from 'ioredis';

/** What no request may wait longer for than this. */
export const COMMAND_TIMEOUT_MS = 50;
/** A node that did not answer is left alone for so long: nobody is made to wait for it again meanwhile. */
export const PAUSE_MS = 250;
/** Longer than all that is tried in one go takes. */
export const ATTEMPT_MS = 5_000;
export const RECONNECT_MAXIMUM_MS = 500;
/** A connection on which an answer is due this long is dead, and replaced. */
const SILENCE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** For a sentinel, or a node that is asked for the slots, before the next one is. */
const ANSWER_MS = 500;
/** What hangs does not say goodbye. */
const GOODBYE_MS = 100;

/** A client loses its connection once: {@link RedisConnection} makes the next one. */
const never = (): null => null;

const NODE_OPTIONS = {
  lazyConnect: true,
  socketTimeout: SILENCE_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: GOODBYE_MS,
  // Redis guesses how long it will go on loading, and may guess far too long.
  maxLoadingRetryTime: ANSWER_MS,
  // A primary that became a replica is left. Redis 6 wraps the word when a script ran into it.
  reconnectOnError: (error: Error): boolean => /\bREADONLY /.test(error.message),
  // Spoken by every version, and by what is compatible with Redis.
  protocol: 2,
  connectionName: 'portcullis',
} as const satisfies RedisOptions;

/** A command fails at once where it cannot be sent, and is never sent twice: there is no connection for a second time. */
export const REDIS_OPTIONS = {
  ...NODE_OPTIONS,
  enableOfflineQueue: false,
  retryStrategy: never,
} as const satisfies RedisOptions;

/** Only the sentinels that are named are asked, one after the other. */
export const SENTINEL_OPTIONS = {
  ...REDIS_OPTIONS,
  sentinelCommandTimeout: ANSWER_MS,
  sentinelRetryStrategy: never,
  updateSentinels: false,
} as const satisfies RedisOptions;

/**
 * Like that for a cluster. A command is sent again only where a node refused to run it (MOVED, ASK, TRYAGAIN), and fails
 * when its node is gone.
 */
export const CLUSTER_OPTIONS = {
  lazyConnect: true,
  clusterRetryStrategy: never,
  // What this queues waits for a node's first connection, and falls with it: a slot that just moved is not an outage.
  enableOfflineQueue: true,
  maxRedirections: 5,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  retryDelayOnTryAgain: 5,
  slotsRefreshTimeout: ANSWER_MS,
  // Looked up when connecting, as anywhere: certificates are for names.
  dnsLookup: (host, callback) => callback(null, host),
  redisOptions: NODE_OPTIONS,
} as const satisfies ClusterOptions;
