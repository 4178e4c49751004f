/** A place that takes one line for each request. */
export interface LineLog {
  /** Takes a line of ASCII without its break, and makes nobody wait. */
  write(line: string): void;
  /** Says that one who opened it writes no more. */
  close(): void;
}

/** The files that request logs are written to: one open file for all who name the same. */
export interface LogFiles {
  /** Why a file cannot be written, in plain words behind its path; `undefined` when it can. Opens nothing. */
  fault(path: string): string | undefined;

  /**
   * @param reopen looks every second whether another file stands at the path, as after a rotation, and goes on in that
   * @throws as node:fs does when the file cannot be opened
   */
  open(path: string, reopen: boolean): LineLog;
}

/** Injects the LogFiles. */
export const LOG_FILES = Symbol('portcullis.log-files');

/** Why records were given up: the queue was full, they were tried for too long, or the gateway ended. */
export type LossReason = 'full' | 'retries' | 'end';

/** Hears how logs that are sent elsewhere fare. */
export interface RequestLogObserver {
  /** A collector is known from now on. `log` is of low cardinality: `http:logs.internal:9200`. */
  opened(log: string): void;
  lost(log: string, reason: LossReason, records: number): void;
  /** Sending failed. Told once, until it works again. */
  failing(log: string, cause: unknown): void;
  recovered(log: string): void;
}

/** Injects the RequestLogObserver. */
export const REQUEST_LOG_OBSERVER = Symbol('portcullis.request-log-observer');

export const SILENT_REQUEST_LOG_OBSERVER: RequestLogObserver = Object.freeze({
  opened() {},
  lost() {},
  failing() {},
  recovered() {},
});
