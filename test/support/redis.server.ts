import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** What a server says, and what a sentinel. */
const READY = /eady to accept connections|Sentinel ID is/;

/** A real Redis on a free loopback port, without a file on disk: what it holds is gone when it stops. */
export class RedisServer {
  #process: ChildProcess | undefined;
  #client: Redis | undefined;

  private constructor(
    private readonly program: string,
    readonly port: number,
    private readonly password: string | undefined,
    private readonly args: readonly string[],
  ) {}

  /**
   * @param program the path of redis-server, as `needs('redis-server').path` gives it
   * @param args more of its own, such as those of a replica
   */
  static async start(program: string, password?: string, args: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(program, await freePort(), password, args);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://${this.password === undefined ? '' : `:${encodeURIComponent(this.password)}@`}127.0.0.1:${this.port}/`;
  }

  /** A client of the test's own. */
  get client(): Redis {
    if (this.#client === undefined) throw new Error('Redis does not run.');
    return this.#client;
  }

  /** Starts it on the same port, empty. */
  async restart(): Promise<void> {
    const more = this.password === undefined ? [] : ['--requirepass', this.password];
    const child = spawn(
      this.program,
      [
        // The file of a sentinel must be the first.
        ...this.args,
        '--port',
        String(this.port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--daemonize',
        'no',
        ...more,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#process = child;
    for await (const chunk of child.stdout) if (READY.test(String(chunk))) break;
    child.stdout.resume();
    this.#client = new Redis(this.url, { protocol: 2 });
    this.#client.on('error', () => undefined);
  }

  /** Keeps its connections, and answers nobody. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.#client?.disconnect();
    this.#client = undefined;
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

/** Asks again and again until it is so: for what a real server comes to in its own time. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) await sleep(10);
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
