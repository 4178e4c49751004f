const QUIET_MS = 60_000;

/** Lets one warning through a minute: what clients can bring about must not fill a log. */
export class WarningPace {
  #nextAtMs = Number.NEGATIVE_INFINITY;

  /** Whether a warning may be given now; the next one then has to wait. */
  due(nowMs: number): boolean {
    if (nowMs < this.#nextAtMs) return false;
    this.#nextAtMs = nowMs + QUIET_MS;
    return true;
  }
}
