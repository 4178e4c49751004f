import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from './built.service.js';
import { type LogLine, TEST_SECRET } from './gateway.harness.js';

const NODE = join(PROJECT, 'node_modules', '.bin', 'node');

/** Variables of a service on free loopback ports that leaves as soon as it is told. */
export const SERVICE_ENVIRONMENT: Readonly<Record<string, string>> = {
  JWT_SECRET: TEST_SECRET,
  HOST: '127.0.0.1',
  PORT: '0',
  ADMIN_PORT: '0',
  DRAIN_DELAY_MS: '0',
};

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** The whole environment: nothing of the tests' own leaks in. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
  /** Behind the file's name. */
  readonly fileArguments?: readonly string[];
  /** Opens a channel for `ask`. */
  readonly channel?: boolean;
  /** As many file descriptors as it may have. */
  readonly descriptors?: number;
}

/** A gateway in a process of its own, started from built files, its log read line by line. */
export class ServiceProcess {
  readonly lines: LogLine[] = [];
  stderr = '';
  readonly exit: Promise<Exit>;
  readonly child: ChildProcess;
  #exited: Exit | undefined;
  readonly #changed = new Set<() => void>();

  constructor(
    file: string,
    {
      environment = {},
      nodeArguments = [],
      fileArguments = [],
      channel = false,
      descriptors,
    }: ProcessOptions = {},
  ) {
    const command = [NODE, ...nodeArguments, file, ...fileArguments];
    if (descriptors !== undefined) {
      command.unshift('/bin/sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'service');
    }
    this.child = spawn(command[0] as string, command.slice(1), {
      cwd: PROJECT,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    let rest = '';
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{')) this.lines.push(JSON.parse(line) as LogLine);
      this.#tell();
    });
    // Not 'exit': by 'close' everything the process wrote has been read.
    this.exit = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.#exited = { code, signal };
        this.#tell();
        resolve(this.#exited);
      });
    });
  }

  get running(): boolean {
    return this.#exited === undefined;
  }

  /** The first line of an event, as soon as it is logged. @throws Error when the process ends without it */
  event(name: string): Promise<LogLine> {
    return this.eventTimes(name, 1);
  }

  /** The n-th line of an event. @throws Error when the process ends without it */
  eventTimes(name: string, count: number): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.lines.filter((line) => line['event'] === name)[count - 1];
        if (found === undefined && this.#exited === undefined) return;
        this.#changed.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`The process ended without ${name}: ${this.stderr}`));
      };
      this.#changed.add(check);
      check();
    });
  }

  /** Where it listens, once it does. */
  async addresses(): Promise<{ port: number; url: string; adminPort: number; adminUrl: string }> {
    const started = await this.event('gateway.started');
    const port = started['port'] as number;
    const adminPort = started['adminPort'] as number;
    const url = `http://127.0.0.1:${port}`;
    return { port, url, adminPort, adminUrl: `http://127.0.0.1:${adminPort}` };
  }

  /** Puts a question to a fixture that has a channel. */
  ask<T>(question: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.child.once('message', (answer) => resolve(answer as T));
      this.child.send(question, (error) => error !== null && reject(error));
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it however it stands; for `afterEach`. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  #tell(): void {
    for (const check of this.#changed) check();
  }
}
