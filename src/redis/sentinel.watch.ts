import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import type { SentinelRedis } from '../contracts/redis-address.js';
import { access } from './redis.client.js';
import { RECONNECT_MAXIMUM_MS, REDIS_OPTIONS } from './redis.options.js';

const CHANNEL = '+switch-master';

/** What a sentinel tells. */
export interface NewPrimary {
  /** All that its name leads to. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Which of the sentinels told it: another may not know yet. */
  readonly toldBy: number;
}

/**
 * Listens to every sentinel for a new primary of the group. A primary that hangs, or that only the sentinels cannot
 * reach, would be found out late or never.
 *
 * ioredis's own `failoverDetector` takes the news of any group for ours, and old news for new.
 */
export class SentinelWatch {
  readonly #clients: readonly Redis[];

  constructor(
    { sentinels, group, sentinelLogin, tls }: SentinelRedis,
    switched: (primary: NewPrimary) => void,
  ) {
    this.#clients = sentinels.map((at, toldBy) => {
      const client = new Redis({
        ...REDIS_OPTIONS,
        ...access({ tls, login: sentinelLogin }),
        ...at,
        enableReadyCheck: false,
        autoResubscribe: false,
        retryStrategy: () => RECONNECT_MAXIMUM_MS,
      });
      // A sentinel that is gone is tried again; others tell meanwhile.
      client.on('error', () => undefined);
      client.on('ready', () => void client.subscribe(CHANNEL).catch(() => undefined));
      client.on('message', (_channel: string, message: string) => {
        const [name, , , host = '', port] = message.split(' ');
        if (name !== group) return;
        // Where the name leads nowhere, so would a connection.
        addressesOf(host).then(
          (addresses) => switched({ addresses, port: Number(port), toldBy }),
          () => undefined,
        );
      });
      return client;
    });
  }

  start(): void {
    for (const client of this.#clients) client.connect().catch(() => undefined);
  }

  stop(): void {
    for (const client of this.#clients) client.disconnect();
  }
}

/** Sentinel names hosts where it is told to (`announce-hostnames`). */
async function addressesOf(host: string): Promise<readonly string[]> {
  return isIP(host) !== 0 ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
}
