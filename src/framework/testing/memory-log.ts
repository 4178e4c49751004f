import { LogSink } from '../../observability/log-sink.js';

/** One line of the event log or the access log, parsed. Its `event` says what it is; an access line's is `request`. */
export type LogLine = Readonly<Record<string, unknown>>;

const FLUSH_MS = 5;

/** Both logs of a gateway, in memory. */
export class MemoryLog {
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  readonly sink = new LogSink(1, {
    flushMs: FLUSH_MS,
    write: (_fd, chunk, done) => {
      this.#take(chunk.toString());
      done(null, chunk.length);
    },
  });

  /** Resolves with the lines of an event once there are as many. */
  logged(event: string, count: number): Promise<readonly LogLine[]> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.lines.filter((line) => line['event'] === event);
        if (found.length < count) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  #take(chunk: string): void {
    for (const line of chunk.split('\n')) if (line !== '') this.lines.push(JSON.parse(line) as LogLine);
    for (const check of this.#waiting) check();
  }
}
