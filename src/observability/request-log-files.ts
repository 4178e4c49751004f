import { accessSync, constants, fstatSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LineLog, LogFiles } from '../contracts/request-log.js';
import { LogSink, type LogSinkOptions } from './log-sink.js';
import { openLogDescriptor } from './open-log-descriptor.js';

/** How often a file that may be rotated is looked for. */
const LOOK_MS = 1_000;
/** What a file that was moved away gets for its last lines. */
const GOODBYE_MS = 3_000;
const STDOUT = '/dev/stdout';

interface OpenFile {
  sink: LogSink;
  readonly path: string;
  users: number;
  look: NodeJS.Timeout | undefined;
  /** Under way; whoever asks meanwhile asks for the same. */
  asking: Promise<void> | undefined;
}

/** The files of request logs, each open once, written as the access log is: without waiting, and with an end to patience. */
export class RequestLogFiles implements LogFiles {
  readonly #open = new Map<string, OpenFile>();
  readonly #leaving = new Set<Promise<void>>();
  #droppedLines = 0;

  /**
   * @param stdout takes what goes to `/dev/stdout`, so that lines never mix
   * @param sinkOptions what each file's sink is told, by its path
   */
  constructor(
    private readonly stdout: LogSink,
    private readonly sinkOptions: (path: string) => LogSinkOptions,
    private readonly lookMs = LOOK_MS,
  ) {}

  /** Lines that were given up because a file was slow or full. */
  get droppedLines(): number {
    return [...this.#open.values()].reduce((sum, { sink }) => sum + sink.droppedLines, this.#droppedLines);
  }

  fault(path: string): string | undefined {
    if (path === STDOUT) return undefined;
    try {
      if (statSync(path, { throwIfNoEntry: false }) === undefined) accessSync(dirname(path), constants.W_OK);
      else if (statSync(path).isDirectory()) return 'is a folder; name a file.';
      else accessSync(path, constants.W_OK);
      return undefined;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
      return `cannot be written (${code}); name a file in a folder that is there and may be written.`;
    }
  }

  open(path: string, reopen: boolean): LineLog {
    if (path === STDOUT) return { write: (line) => this.stdout.write(`${line}\n`), close() {} };
    let file = this.#open.get(path);
    if (file === undefined) {
      file = { sink: this.#sinkAt(path), path, users: 0, look: undefined, asking: undefined };
      this.#open.set(path, file);
    } else {
      // A configuration that is read anew may be how somebody asks for a new file; it may have thousands of routes.
      const known = file;
      known.asking ??= this.#goOnInNew(known).finally(() => {
        known.asking = undefined;
      });
    }
    const opened = file;
    opened.users++;
    if (reopen) opened.look ??= setInterval(() => void this.#goOnInNew(opened), this.lookMs).unref();
    let closed = false;
    return {
      write: (line) => opened.sink.write(`${line}\n`),
      close: () => {
        if (closed) return;
        closed = true;
        opened.users--;
        if (opened.users === 0) this.#leave(opened, GOODBYE_MS);
      },
    };
  }

  /** Writes what it can within the time, then closes. */
  async close(timeoutMs: number): Promise<void> {
    for (const file of this.#open.values()) this.#leave(file, timeoutMs);
    await Promise.all(this.#leaving);
  }

  #sinkAt(path: string): LogSink {
    const { fd } = openLogDescriptor(path);
    return new LogSink(fd, { ...this.sinkOptions(path), ownsDescriptor: true });
  }

  /** Only where another file stands at the path by now, or none. */
  async #goOnInNew(file: OpenFile): Promise<void> {
    const there = await stat(file.path).catch(() => undefined);
    if (this.#open.get(file.path) !== file) return;
    const { dev, ino } = fstatSync(file.sink.fd);
    if (there !== undefined && there.dev === dev && there.ino === ino) return;
    const before = file.sink;
    try {
      file.sink = this.#sinkAt(file.path);
    } catch {
      // The folder is gone as well, or closed to us: the old file is still there to be written.
      return;
    }
    this.#finish(before, GOODBYE_MS);
  }

  #leave(file: OpenFile, timeoutMs: number): void {
    clearInterval(file.look);
    this.#open.delete(file.path);
    this.#finish(file.sink, timeoutMs);
  }

  /** Closes a sink behind its last lines. */
  #finish(sink: LogSink, timeoutMs: number): void {
    const left = sink.close(timeoutMs).finally(() => {
      this.#droppedLines += sink.droppedLines;
      this.#leaving.delete(left);
    });
    this.#leaving.add(left);
  }
}
