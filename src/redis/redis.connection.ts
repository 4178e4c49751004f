import { Redis, ReplyError } from 'ioredis';
import { type RedisAddress, readRedisUrl } from '../contracts/redis-address.js';
import { nodeOf, type RedisClient, redisClient } from './redis.client.js';
import { ATTEMPT_MS, COMMAND_TIMEOUT_MS, PAUSE_MS, RECONNECT_MAXIMUM_MS } from './redis.options.js';
import { type NewPrimary, SentinelWatch } from './sentinel.watch.js';

const RECONNECT_STEP_MS = 50;
const CLOSED = {
  single: 'Redis closed the connection.',
  sentinel: 'The primary closed the connection, or is none any more.',
  cluster: 'The cluster is down, or none of its nodes can be reached.',
} as const;

export interface RedisConnectionOptions {
  /** In one of the forms of `REDIS_URL`, with its credentials; or what such a URL says. */
  readonly url: string | RedisAddress;
  /** How long an answer is waited for, and a single Redis dialled, in milliseconds. Default 50, and 1000. */
  readonly timeoutMs?: number;
  connected(): void;
  /** Told once, until it is connected again. */
  lost(cause: Error): void;
  /** The monotonic clock, in milliseconds. Default: performance.now. */
  readonly now?: () => number;
}

/**
 * The gateway's one connection to Redis, for whatever state is shared. It is kept up in the background, each time with
 * a client of its own; a command waits neither for that nor for an answer that is late.
 *
 * To a cluster it is up while any node is: what fails is told by the commands for the nodes that are gone.
 */
export class RedisConnection {
  readonly #address: RedisAddress;
  readonly #options: RedisConnectionOptions;
  readonly #now: () => number;
  readonly #watch: SentinelWatch | undefined;
  /** Until when nobody asks a node, by {@link nodeOf}. */
  readonly #pauses = new Map<string, number>();
  #state: 'new' | 'connected' | 'lost' = 'new';
  /** The one that is in use, or is being tried. */
  #client: RedisClient | undefined;
  #fault: Error | undefined;
  #failures = 0;
  /** Which sentinel is asked first. */
  #turn = 0;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  /** @throws TypeError when the URL has none of the forms there are */
  constructor(options: RedisConnectionOptions) {
    const { url } = options;
    const address = typeof url === 'string' ? readRedisUrl(url) : url;
    if (address === undefined) throw new TypeError('The URL of Redis has none of the forms there are.');
    this.#address = address;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    if (address.kind === 'sentinel')
      this.#watch = new SentinelWatch(address, (primary) => this.#switched(primary));
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** Resolves when the first try succeeded or failed; from then on it is tried again and again. */
  async connect(): Promise<void> {
    this.#watch?.start();
    await this.#try();
  }

  close(): void {
    this.#watch?.stop();
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    this.#closed = true;
    client?.disconnect();
  }

  /**
   * Runs one command.
   *
   * @param key one that the command is about: it says which node of a cluster is asked
   * @throws Error when Redis did not answer, within the time that a request may wait at most
   */
  async run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    if (this.#state !== 'connected' || client === undefined)
      throw new Error('Redis is not connected.', { cause: this.#fault });
    if (this.#paused(client, key)) throw new Error('Redis did not answer a moment ago.');
    try {
      return await inTime(command(client), this.#options.timeoutMs ?? COMMAND_TIMEOUT_MS);
    } catch (error) {
      if (client === this.#client && !isAnswer(error)) {
        // By now the client may know better where the key stands.
        this.#pauses.set(nodeOf(client, key), this.#now() + PAUSE_MS);
      }
      // Not as it is: ioredis hangs the command with its arguments on it.
      throw new Error(`Redis: ${(error as Error).message}`);
    }
  }

  /** The node that a key stands on as far as it is known; `''` without a cluster, or while nothing is connected. */
  partOf(key: string): string {
    return this.#client === undefined ? '' : nodeOf(this.#client, key);
  }

  #paused(client: RedisClient, key: string): boolean {
    if (this.#pauses.size === 0) return false;
    const node = nodeOf(client, key);
    const until = this.#pauses.get(node);
    if (until === undefined) return false;
    if (this.#now() < until) return true;
    this.#pauses.delete(node);
    return false;
  }

  /** Settles when this try has succeeded or failed. */
  async #try(): Promise<void> {
    const client = redisClient(this.#address, this.#turn, this.#options.timeoutMs);
    this.#client = client;
    const failed = (error: Error & { lastNodeError?: Error }): void => {
      if (client === this.#client) this.#fault = error.lastNodeError ?? error;
    };
    client.on('error', failed);
    client.on('node error', failed);
    let overdue: NodeJS.Timeout | undefined;
    await new Promise<void>((settled) => {
      client.once('ready', () => {
        this.#ready(client);
        settled();
      });
      client.once('end', () => {
        this.#ended(client);
        settled();
      });
      overdue = setTimeout(
        () => {
          this.#fault = new Error('Connecting took too long.');
          this.#leave(client);
          settled();
        },
        Math.max(ATTEMPT_MS, 2 * (this.#options.timeoutMs ?? 0)),
      );
      // Told by the events. A cluster's promise may never settle.
      client.connect().catch(() => undefined);
    });
    clearTimeout(overdue);
  }

  #ready(client: RedisClient): void {
    if (client !== this.#client) return;
    this.#state = 'connected';
    this.#failures = 0;
    this.#fault = undefined;
    this.#pauses.clear();
    this.#options.connected();
  }

  #leave(client: RedisClient): void {
    client.disconnect();
    this.#ended(client);
  }

  #ended(client: RedisClient): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    // A peer that says goodbye leaves no error, nor does a cluster that is down.
    this.#fault ??= new Error(CLOSED[this.#address.kind]);
    this.#failures++;
    this.#turn++;
    const delayMs = Math.min(this.#failures * RECONNECT_STEP_MS, RECONNECT_MAXIMUM_MS);
    this.#retry = setTimeout(() => void this.#try(), delayMs);
    if (this.#state === 'lost') return;
    this.#state = 'lost';
    this.#options.lost(this.#fault);
  }

  #switched({ addresses, port, toldBy }: NewPrimary): void {
    if (this.#closed) return;
    const client = this.#client;
    // Before it has a stream it asks a sentinel that may not know yet.
    const stream: Redis['stream'] | undefined = client instanceof Redis ? client.stream : undefined;
    // Each sentinel tells it, some when we are there already.
    if (stream?.remotePort === port && addresses.includes(stream.remoteAddress ?? '')) return;
    this.#fault = new Error('Sentinel named another primary.');
    if (client !== undefined) this.#leave(client);
    clearTimeout(this.#retry);
    this.#turn = toldBy;
    void this.#try();
  }
}

const TIMED_OUT = 'Command timed out';

/** A refusal is an answer: its node is well. */
function isAnswer(error: unknown): boolean {
  return error instanceof ReplyError || (error as Error).message.startsWith('Too many Cluster redirections');
}

/**
 * Like ioredis's own `commandTimeout`, which fires before sockets are read: a process that was busy for so long would take
 * its own pause for Redis's. Here an answer that has arrived by then counts.
 */
function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      // Node reads its sockets between timers and immediates.
      setImmediate(() => reject(new Error(TIMED_OUT)));
    }, timeoutMs);
    const settled = (): void => clearTimeout(timer);
    answer.then(resolve, reject);
    answer.then(settled, settled);
  });
}
