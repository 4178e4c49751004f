import { closeSync, write as fsWrite, writeSync } from 'node:fs';

export interface LogSinkOptions {
  /** A chunk is handed to the kernel when this much is waiting. */
  readonly chunkBytes?: number;
  /** And at the latest after this time. */
  readonly flushMs?: number;
  /** What may wait for a slow or failing file; lines beyond it are dropped and counted. */
  readonly maxWaitingBytes?: number;
  /** Whether `close()` closes the descriptor. */
  readonly ownsDescriptor?: boolean;
  /** The write call; tests put a failing one here. */
  readonly write?: DescriptorWrite;
  /** Told once when writing starts to fail, and once when it works again with the lines lost so far. */
  readonly onTrouble?: (code: string) => void;
  readonly onRecovery?: (droppedLines: number) => void;
}

export type DescriptorWrite = (
  fd: number,
  chunk: Buffer,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

const MAX_FULL_PIPE_PAUSE_MS = 64;
const FAILURE_PAUSE_MS = 1000;

const OPEN_SINKS = new Set<LogSink>();
process.on('exit', () => {
  for (const sink of OPEN_SINKS) sink.writeRestNow();
});

/**
 * Writes log lines to a file descriptor without ever making a request wait: lines gather in memory, one write is under
 * way at a time, and what does not fit any more is dropped and counted.
 */
export class LogSink {
  readonly #chunkBytes: number;
  readonly #maxWaitingBytes: number;
  readonly #write: DescriptorWrite;
  readonly #ticker: NodeJS.Timeout;

  #waiting = '';
  #flight: Buffer | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs = 0;
  #failing = false;
  #closed = false;
  #droppedLines = 0;
  #idle: (() => void)[] = [];

  constructor(
    readonly fd: number,
    private readonly options: LogSinkOptions = {},
  ) {
    this.#chunkBytes = options.chunkBytes ?? 65_536;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 8_388_608;
    this.#write = options.write ?? fsWrite;
    this.#ticker = setInterval(() => this.#start(), options.flushMs ?? 100).unref();
    OPEN_SINKS.add(this);
  }

  /** Lines that were given up because the file was slow or full. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Takes one line of ASCII with its line break. */
  write(line: string): void {
    if (this.#closed || this.#waiting.length + line.length > this.#maxWaitingBytes) {
      this.#droppedLines++;
      return;
    }
    this.#waiting += line;
    if (this.#waiting.length >= this.#chunkBytes) this.#start();
  }

  /** Resolves when everything taken so far is written; not before, so give it a time limit. */
  flush(): Promise<void> {
    this.#start();
    if (this.#flight === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Writes what it can within the time, then closes. What is left counts as dropped. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    this.#closed = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#retry);
    OPEN_SINKS.delete(this);
    this.#droppedLines += countLines(this.#flight?.toString('latin1') ?? '') + countLines(this.#waiting);
    this.#waiting = '';
    // A descriptor with a write still under way is left to the end of the process.
    if (this.options.ownsDescriptor === true && this.#flight === undefined) closeSync(this.fd);
  }

  #start(): void {
    if (this.#flight !== undefined || this.#waiting === '' || this.#closed) return;
    this.#flight = Buffer.from(this.#waiting, 'latin1');
    this.#waiting = '';
    this.#send(this.#flight);
  }

  #send(chunk: Buffer): void {
    this.#write(this.fd, chunk, (error, written) => {
      if (this.#closed) return;
      if (error !== null) this.#pause(error.code ?? 'unknown', chunk);
      else if (written < chunk.length) this.#rest(chunk.subarray(written));
      else this.#done();
    });
  }

  #rest(chunk: Buffer): void {
    this.#flight = chunk;
    this.#send(chunk);
  }

  #done(): void {
    this.#flight = undefined;
    this.#pauseMs = 0;
    if (this.#failing) {
      this.#failing = false;
      this.options.onRecovery?.(this.#droppedLines);
    }
    if (this.#waiting.length >= this.#chunkBytes || (this.#waiting !== '' && this.#idle.length > 0))
      this.#start();
    if (this.#flight !== undefined) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** The same chunk again later: soon when a pipe's reader is behind, seldom when the disk is full or the reader is gone. */
  #pause(code: string, chunk: Buffer): void {
    const full = code === 'EAGAIN';
    this.#pauseMs = full
      ? Math.min(Math.max(1, this.#pauseMs * 2), MAX_FULL_PIPE_PAUSE_MS)
      : FAILURE_PAUSE_MS;
    if (!full && !this.#failing) {
      this.#failing = true;
      this.options.onTrouble?.(code);
    }
    this.#retry = setTimeout(() => this.#send(chunk), this.#pauseMs);
    this.#retry.unref();
  }

  /** The last words of a process that ends without `close()`; one try, for nothing may hang here. */
  writeRestNow(): void {
    const rest = this.#retryChunk() + this.#waiting;
    this.#waiting = '';
    if (rest === '' || this.#failing) return;
    try {
      writeSync(this.fd, rest);
    } catch {
      // The process is ending and its log cannot be written: there is nobody left to tell.
    }
  }

  /** A chunk that waits for another try; one that is under way right now will arrive by itself. */
  #retryChunk(): string {
    return this.#pauseMs > 0 && this.#flight !== undefined ? this.#flight.toString() : '';
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
