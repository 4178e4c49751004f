/**
 * How often deadlines are looked at. A timeout fires at most this much late (and later still when the event loop is
 * blocked), and never early.
 */
export const SWEEP_INTERVAL_MS = 100;

/** One coarse timer for all deadlines of a forwarder, in place of a timer for each request. */
export class Sweep {
  #timer: NodeJS.Timeout | undefined = undefined;

  /** `sweep` answers whether anything is left to watch. */
  constructor(private readonly sweep: () => boolean) {}

  /** Runs until nothing is left to watch. It never keeps the process alive. */
  ensureRunning(): void {
    this.#timer ??= setInterval(() => this.#tick(), SWEEP_INTERVAL_MS).unref();
  }

  #tick(): void {
    if (this.sweep()) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
