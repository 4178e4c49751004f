import { Redis } from 'ioredis';
import { COMMAND_TIMEOUT_MS, PAUSE_MS, REDIS_OPTIONS } from './redis.options.js';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with its credentials. */
  readonly url: string;
  connected(): void;
  /** Told once, until it is connected again. */
  lost(cause: Error | undefined): void;
  /** The monotonic clock, in milliseconds. Default: performance.now. */
  readonly now?: () => number;
}

/**
 * The gateway's one connection to Redis, for whatever state is shared. It is kept up in the background; a command waits
 * neither for that nor for an answer that is late.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #options: RedisConnectionOptions;
  readonly #now: () => number;
  #state: 'new' | 'connected' | 'lost' = 'new';
  #fault: Error | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#client = new Redis(options.url, REDIS_OPTIONS);
    this.#client.on('error', (error: Error) => {
      this.#fault = error;
    });
    this.#client.on('ready', () => this.#ready());
    this.#client.on('close', () => this.#lost());
  }

  /** Resolves when the first try succeeded or failed; from then on it is tried again and again. */
  async connect(): Promise<void> {
    // The fault is told through `lost`.
    await this.#client.connect().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#client.disconnect();
  }

  /**
   * Runs one command.
   *
   * @throws Error when Redis did not answer, within the time that a request may wait at most
   */
  async run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#state !== 'connected') throw new Error('Redis is not connected.', { cause: this.#fault });
    if (this.#now() < this.#pausedUntil) throw new Error('Redis did not answer in time a moment ago.');
    try {
      return await inTime(command(this.#client));
    } catch (error) {
      if ((error as Error).message === TIMED_OUT) this.#pausedUntil = this.#now() + PAUSE_MS;
      // Not as it is: ioredis hangs the command with its arguments on it.
      throw new Error(`Redis: ${(error as Error).message}`);
    }
  }

  #ready(): void {
    this.#state = 'connected';
    this.#pausedUntil = Number.NEGATIVE_INFINITY;
    this.#options.connected();
  }

  #lost(): void {
    if (this.#state === 'lost' || this.#closed) return;
    this.#state = 'lost';
    this.#options.lost(this.#fault);
  }
}

const TIMED_OUT = 'Command timed out';

/**
 * Like ioredis's own `commandTimeout`, which fires before sockets are read: a process that was busy for so long would take
 * its own pause for Redis's. Here an answer that has arrived by then counts.
 */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      // Node reads its sockets between timers and immediates.
      setImmediate(() => reject(new Error(TIMED_OUT)));
    }, COMMAND_TIMEOUT_MS);
    const settled = (): void => clearTimeout(timer);
    answer.then(resolve, reject);
    answer.then(settled, settled);
  });
}
