import type { Exchange } from '../../contracts/exchange.js';
import type { SecretText } from '../../contracts/secret-text.js';

export const LOG_REQUESTS = 'log-requests';

/** A file of its own for the records of requests. */
export interface RequestFileOptions {
  /** An existing file is appended to. `/dev/stdout` is this process's own output, line by line with its other logs. */
  readonly path: string;
  /** `true` goes on in a new file, within a second, when the old one was moved or deleted. Default false. */
  readonly reopen?: boolean;
}

/** How records wait for their collector. */
export interface RecordQueueOptions {
  /** Records sent together. 1 sends an object, more an array, also of a single one. Default 1. */
  readonly maxBatchSize?: number;
  /** How long a batch that is not full waits for more, in milliseconds. Default 1000. */
  readonly maxDelayMs?: number;
  /** Records that wait at most; beyond it the oldest are given up. Default 10000. */
  readonly maxEntries?: number;
  /** Bytes that wait at most. Default: no limit but that of the records. */
  readonly maxBytes?: number | undefined;
  /** How long a batch is tried again before it is given up. Default 60000. */
  readonly maxRetryMs?: number;
  /** Until the first retry; doubled with each. Default 10. */
  readonly firstRetryDelayMs?: number;
  /** The longest time between two. Default 60000. */
  readonly maxRetryDelayMs?: number;
  /** Requests to the collector at the same time: one batch after the other, or each record at once. Default 1. */
  readonly concurrency?: 1 | 'unlimited';
}

/** A server that takes the records of requests. */
export interface RequestCollectorOptions {
  /** May hold a user and a password, which are sent as basic authentication. */
  readonly url: string | SecretText;
  /** Default `POST`. */
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  /** Default `application/json`. */
  readonly contentType?: string;
  /** For a whole exchange with it. Default 10000. */
  readonly timeoutMs?: number;
  /** How long an unused connection is kept. Default 60000. */
  readonly keepAliveMs?: number;
  /** Sent with every batch. */
  readonly headers?: Readonly<Record<string, string | SecretText>>;
  /** Default: each record is sent at once. */
  readonly queue?: RecordQueueOptions;
}

/** What is struck out of records beside `Authorization` and `Proxy-Authorization`. */
export interface RecordRedaction {
  /** Request headers. Default: `apikey`, `x-api-key`, `api-key`, `x-auth-token`. */
  readonly headers?: readonly string[];
  /** Query parameters. Default: `apikey`, `api_key`, `access_token`, `token`, `jwt`. */
  readonly query?: readonly string[];
  /** Cookies by name, or all of them. Default `all`. */
  readonly cookies?: 'all' | readonly string[];
}

/** What `@LogRequests` takes: a file, a collector, or both. */
export interface LogRequestsOptions {
  /** One line of JSON for each request. */
  readonly file?: RequestFileOptions;
  /** Batches of records, sent to a server. */
  readonly http?: RequestCollectorOptions;
  /** Default: where credentials usually come. */
  readonly redact?: RecordRedaction;
  /** What stands in each record as `route`; `none` for nothing. Default: the route's id, methods, path and handler. */
  readonly route?: object | 'none';
  /** What stands in each record as `service`. Default: the upstream's name. */
  readonly service?: object;
  /** What stands in each record as the request's id. Default: its correlation id. */
  readonly requestId?: (exchange: Exchange) => string;
  /** Logs with the same settings and the same text are one. Default: all with the same settings are. */
  readonly id?: string;
}

export const RECORD_QUEUE_DEFAULTS = {
  maxBatchSize: 1,
  maxDelayMs: 1_000,
  maxEntries: 10_000,
  maxBytes: undefined,
  maxRetryMs: 60_000,
  firstRetryDelayMs: 10,
  maxRetryDelayMs: 60_000,
  concurrency: 1,
} as const;

export const COLLECTOR_DEFAULTS = {
  method: 'POST',
  contentType: 'application/json',
  timeoutMs: 10_000,
  keepAliveMs: 60_000,
} as const;

export const REDACTION_DEFAULTS = {
  headers: ['apikey', 'x-api-key', 'api-key', 'x-auth-token'],
  query: ['apikey', 'api_key', 'access_token', 'token', 'jwt'],
  cookies: 'all',
} as const satisfies RecordRedaction;

export type ResolvedQueue = Readonly<Required<Omit<RecordQueueOptions, 'maxBytes'>>> & {
  readonly maxBytes: number | undefined;
};

/** A collector with every question answered. */
export interface ResolvedCollector {
  readonly url: string;
  readonly method: string;
  readonly contentType: string;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly queue: ResolvedQueue;
}

export const revealed = (text: string | SecretText): string =>
  typeof text === 'string' ? text : text.reveal();

export function resolveCollector(given: RequestCollectorOptions): ResolvedCollector {
  const { url, headers = {}, queue = {}, method, contentType, timeoutMs, keepAliveMs } = given;
  return Object.freeze({
    url: revealed(url),
    method: method ?? COLLECTOR_DEFAULTS.method,
    contentType: contentType ?? COLLECTOR_DEFAULTS.contentType,
    timeoutMs: timeoutMs ?? COLLECTOR_DEFAULTS.timeoutMs,
    keepAliveMs: keepAliveMs ?? COLLECTOR_DEFAULTS.keepAliveMs,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, revealed(value)])),
    queue: Object.freeze({ ...RECORD_QUEUE_DEFAULTS, ...stated(queue) }),
  });
}

function stated<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}
