import type { RedisOptions } from 'ioredis';

/** What no request may wait longer for than this. */
export const COMMAND_TIMEOUT_MS = 50;
/** After an answer that did not come in time nobody is made to wait for the next one for so long. */
export const PAUSE_MS = 250;
/** A connection on which an answer is due this long is dead, and replaced. */
const SILENCE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_000;
const RECONNECT_MAXIMUM_MS = 1_000;

/**
 * How the client behaves while Redis is slow or gone: a command fails at once or within {@link COMMAND_TIMEOUT_MS}, is
 * never kept for a later connection and never sent twice.
 */
export const REDIS_OPTIONS = {
  lazyConnect: true,
  socketTimeout: SILENCE_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (times: number): number => Math.min(times * 50, RECONNECT_MAXIMUM_MS),
  // A primary that became a replica (READONLY) is left for the one that the name leads to now.
  reconnectOnError: (error: Error): boolean => error.message.startsWith('READONLY'),
  // Spoken by every version, and by what is compatible with Redis.
  protocol: 2,
  connectionName: 'portcullis',
} as const satisfies RedisOptions;
