import type { Clock } from '../../../contracts/clock.js';
import type { LossReason } from '../../../contracts/request-log.js';
import type { ResolvedQueue } from '../log-requests.options.js';

export interface RecordQueueParts {
  /** Sends records together. Rejects when they did not arrive. */
  send(records: readonly string[], cancelled: AbortSignal): Promise<void>;
  lost(reason: LossReason, records: number): void;
  failing(cause: unknown): void;
  recovered(): void;
  readonly clock: Clock;
}

/**
 * Records on their way to a collector, as Kong's queue keeps them: batches are sent one after the other, tried again with
 * growing pauses, and given up after a while; when the queue is full, the oldest records that wait go.
 */
export class RecordQueue {
  readonly #options: ResolvedQueue;
  readonly #parts: RecordQueueParts;
  #waiting: string[] = [];
  /** Where the oldest stands. */
  #head = 0;
  #bytes = 0;
  /** Records that are being sent. */
  #underWay = 0;
  #failing = false;
  #closing = false;
  readonly #cancelled = new AbortController();
  /** Set while batches are being sent. */
  #work: Promise<void> | undefined;
  readonly #loose = new Set<Promise<void>>();
  /** Ends a wait for more records. */
  #hurry: (() => void) | undefined;
  /** Ends the waits between two tries. */
  readonly #paused = new Set<() => void>();

  constructor(options: ResolvedQueue, parts: RecordQueueParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Records that wait or are being sent. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#underWay;
  }

  add(record: string): void {
    const { maxEntries, maxBytes, concurrency, maxBatchSize } = this.#options;
    if (this.#closing || (maxBytes !== undefined && record.length > maxBytes)) {
      return this.#parts.lost(this.#closing ? 'end' : 'full', 1);
    }
    if (concurrency === 'unlimited') return this.#sendAlone(record);
    while (this.size >= maxEntries && this.#waitingCount > 0) this.#dropOldest();
    // All places are taken by what is being sent.
    if (this.size >= maxEntries) return this.#parts.lost('full', 1);
    while (maxBytes !== undefined && this.#waitingCount > 0 && this.#bytes + record.length > maxBytes) {
      this.#dropOldest();
    }
    this.#waiting.push(record);
    this.#bytes += record.length;
    if (this.#waitingCount >= maxBatchSize) this.#hurry?.();
    this.#work ??= this.#sendAll();
  }

  /** Sends what is there without waiting for more, within the time; what is left then is given up. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing = true;
    this.#hurry?.();
    this.#wakeAll();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all([this.#work, ...this.#loose]), overdue]);
    clearTimeout(timer);
    this.#cancelled.abort();
    this.#wakeAll();
    const left = this.#waitingCount;
    this.#take(left);
    if (left > 0) this.#parts.lost('end', left);
    // Whoever was cancelled says what was lost.
    await Promise.all([this.#work, ...this.#loose]);
  }

  get #waitingCount(): number {
    return this.#waiting.length - this.#head;
  }

  async #sendAll(): Promise<void> {
    // A turn later: who adds many at once has them in one batch.
    await Promise.resolve();
    while (this.#waitingCount > 0 && !this.#cancelled.signal.aborted) {
      await this.#fill();
      const batch = this.#take(Math.min(this.#options.maxBatchSize, this.#waitingCount));
      if (batch.length === 0) break;
      this.#underWay += batch.length;
      await this.#deliver(batch);
      this.#underWay -= batch.length;
    }
    this.#work = undefined;
  }

  /** Waits until a batch is full, or has waited long enough. */
  async #fill(): Promise<void> {
    const { maxBatchSize, maxDelayMs } = this.#options;
    if (this.#waitingCount >= maxBatchSize || maxDelayMs === 0 || this.#closing) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, maxDelayMs);
      timer.unref();
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }

  /** Until a batch is worth another try, or the queue must end. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#paused.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      timer.unref();
      this.#paused.add(wake);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#paused) wake();
  }

  async #deliver(batch: readonly string[]): Promise<void> {
    const { maxRetryMs, firstRetryDelayMs, maxRetryDelayMs } = this.#options;
    const { clock, send, lost } = this.#parts;
    const { signal } = this.#cancelled;
    const startedAt = clock.monotonic();
    for (let retries = 0; ; retries++) {
      try {
        await send(batch, signal);
        return this.#succeeded();
      } catch (cause) {
        if (signal.aborted) return lost('end', batch.length);
        this.#failed(cause);
        if (clock.monotonic() - startedAt > maxRetryMs) return lost('retries', batch.length);
      }
      await this.#pause(Math.min(maxRetryDelayMs, 2 ** retries * firstRetryDelayMs));
      if (signal.aborted) return lost('end', batch.length);
    }
  }

  #sendAlone(record: string): void {
    // Kong sets no bound here; a collector that hangs must not fill the memory.
    if (this.#underWay >= this.#options.maxEntries) return this.#parts.lost('full', 1);
    this.#underWay++;
    const sent = this.#deliver([record]).finally(() => {
      this.#underWay--;
      this.#loose.delete(sent);
    });
    this.#loose.add(sent);
  }

  #dropOldest(): void {
    this.#take(1);
    this.#parts.lost('full', 1);
  }

  #take(count: number): string[] {
    const taken = this.#waiting.slice(this.#head, this.#head + count);
    for (const record of taken) {
      this.#bytes -= record.length;
      this.#waiting[this.#head++] = '';
    }
    // A queue that is never empty must let go of what was sent.
    if (this.#head > 1_000 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  #failed(cause: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#parts.failing(cause);
  }

  #succeeded(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#parts.recovered();
  }
}
