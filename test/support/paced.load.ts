import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a load asks, in turn. */
export interface PacedRequest {
  readonly port: number;
  readonly path: string;
}

export interface PacedOptions {
  readonly requests: readonly PacedRequest[];
  readonly perSecond: number;
  /** Lower-case names of response fields to keep. Default none. */
  readonly keep?: readonly string[];
}

/** What became of one request. */
export interface PacedAnswer {
  /** Which of the requests it was. */
  readonly index: number;
  /** When it was due, on the clock of {@link paceNow}. */
  readonly due: number;
  /** From then to the end of its answer, however late it was sent. */
  readonly ms: number;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly store: string | undefined;
  readonly retryAfter: string | undefined;
  /** Those that were to be kept, in that order. */
  readonly kept: readonly (string | undefined)[];
}

/** The same in every thread, in milliseconds; nobody sets it. */
export const paceNow = (): number => performance.timeOrigin + performance.now();

/**
 * Asks at a steady pace on connections that are kept, whether answers come or not, in a thread of its own: what else the
 * test does costs its clock nothing.
 */
export class PacedLoad {
  readonly #worker: Worker;

  constructor(options: PacedOptions) {
    this.#worker = new Worker(new URL('./paced.client.ts', import.meta.url), { workerData: options });
  }

  /** Ends it. Resolves with all answers, when the last has come. */
  async end(): Promise<readonly PacedAnswer[]> {
    const answers = once(this.#worker, 'message');
    this.#worker.postMessage('end');
    return (await answers)[0] as readonly PacedAnswer[];
  }

  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}
