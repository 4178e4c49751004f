import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer, until } from './redis.server.js';

const GROUP = 'limits';
/** How long a primary must be silent before its sentinels call it down. */
const DOWN_MS = 500;

/** A primary, a replica and three sentinels that watch them, all real. */
export class SentinelGroup {
  readonly name = GROUP;
  readonly sentinels: RedisServer[] = [];

  private constructor(
    readonly primary: RedisServer,
    readonly replica: RedisServer,
    private readonly folder: string,
  ) {}

  /** Settles when the sentinels know the replica and each other: from then on they can fail over. */
  static async start(program: string, password: string, sentinelPassword: string): Promise<SentinelGroup> {
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-sentinel-'));
    const args = ['--masterauth', password, '--repl-diskless-sync-delay', '0', '--dir', folder];
    const primary = await RedisServer.start(program, password, args);
    const replicaOf = ['--replicaof', '127.0.0.1', String(primary.port)];
    const replica = await RedisServer.start(program, password, [...args, ...replicaOf]);
    const group = new SentinelGroup(primary, replica, folder);
    for (const number of [1, 2, 3]) {
      const file = group.#sentinelFile(number, password, sentinelPassword);
      group.sentinels.push(await RedisServer.start(program, sentinelPassword, [file, '--sentinel']));
    }
    await Promise.all(group.sentinels.map((sentinel) => until(() => knowsAll(sentinel))));
    return group;
  }

  /** `host:port` of each sentinel, as a URL lists them. */
  get hosts(): string {
    return this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
  }

  /** What an operator asks for. */
  async failover(): Promise<void> {
    await this.sentinels[0]?.client.call('SENTINEL', 'FAILOVER', GROUP);
  }

  async stop(): Promise<void> {
    const all = [...this.sentinels, this.primary, this.replica];
    for (const server of all) server.thaw();
    await Promise.all(all.map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #sentinelFile(number: number, password: string, sentinelPassword: string): string {
    const file = join(this.folder, `${number}.conf`);
    const lines = [
      `sentinel monitor ${GROUP} 127.0.0.1 ${this.primary.port} 2`,
      `sentinel auth-pass ${GROUP} ${password}`,
      `sentinel down-after-milliseconds ${GROUP} ${DOWN_MS}`,
      `sentinel failover-timeout ${GROUP} 3000`,
      `sentinel sentinel-pass ${sentinelPassword}`,
    ];
    writeFileSync(file, lines.join('\n'));
    return file;
  }
}

/** Whether a server is a primary. */
export async function isPrimary({ client }: RedisServer): Promise<boolean> {
  return ((await client.role()) as unknown[])[0] === 'master';
}

async function knowsAll({ client }: RedisServer): Promise<boolean> {
  const answer = (await client.call('SENTINEL', 'MASTER', GROUP)) as string[];
  const field = (name: string): string | undefined => answer[answer.indexOf(name) + 1];
  return field('num-slaves') === '1' && field('num-other-sentinels') === '2';
}
