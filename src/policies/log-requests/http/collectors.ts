import { createHash } from 'node:crypto';
import type { Clock } from '../../../contracts/clock.js';
import type { LineLog, RequestLogObserver } from '../../../contracts/request-log.js';
import type { ResolvedCollector } from '../log-requests.options.js';
import { CollectorClient } from './collector.client.js';
import { RecordQueue } from './record.queue.js';

/** A collector nobody logs to any more gets what is left within so long. */
const GOODBYE_MS = 30_000;

interface OpenCollector {
  readonly queue: RecordQueue;
  readonly client: CollectorClient;
  users: number;
}

/**
 * The collectors that are logged to: one queue for all who have the same settings, so that a configuration that is read
 * anew goes on where the one before was.
 */
export class Collectors {
  readonly #open = new Map<string, OpenCollector>();
  readonly #leaving = new Set<Promise<void>>();

  constructor(
    private readonly observer: RequestLogObserver,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.#open.size;
  }

  open(options: ResolvedCollector, id: string): LineLog {
    // It holds passwords, so it is not kept as it is.
    const key = createHash('sha256')
      .update(JSON.stringify([options, id]))
      .digest('base64url');
    let opened = this.#open.get(key);
    if (opened === undefined) {
      opened = this.#connect(options);
      this.#open.set(key, opened);
    }
    const collector = opened;
    collector.users++;
    let closed = false;
    return {
      write: (line) => collector.queue.add(line),
      close: () => {
        if (closed) return;
        closed = true;
        collector.users--;
        if (collector.users > 0) return;
        this.#open.delete(key);
        this.#leave(collector, GOODBYE_MS);
      },
    };
  }

  /** Sends what is left, within the time. */
  async close(timeoutMs: number): Promise<void> {
    for (const collector of this.#open.values()) this.#leave(collector, timeoutMs);
    this.#open.clear();
    await Promise.all(this.#leaving);
  }

  #connect(options: ResolvedCollector): OpenCollector {
    const client = new CollectorClient(options);
    const log = `http:${new URL(options.url).host}`;
    const { observer, clock } = this;
    const alone = options.queue.maxBatchSize === 1;
    observer.opened(log);
    const queue = new RecordQueue(options.queue, {
      clock,
      send: (records, cancelled) =>
        client.send(alone ? (records[0] as string) : `[${records.join(',')}]`, cancelled),
      lost: (reason, records) => observer.lost(log, reason, records),
      failing: (cause) => observer.failing(log, cause),
      recovered: () => observer.recovered(log),
    });
    return { queue, client, users: 0 };
  }

  #leave({ queue, client }: OpenCollector, timeoutMs: number): void {
    const left = queue.close(timeoutMs).finally(() => {
      client.close();
      this.#leaving.delete(left);
    });
    this.#leaving.add(left);
  }
}
