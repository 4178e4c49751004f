import type { AttemptTimeouts } from '../../contracts/forwarder.js';

/** Silence is looked for this often within `idleMs`, so it is found up to a quarter late, never early. */
const CHECKS_PER_IDLE = 4;

export type Expiry = 'connect' | 'headers' | 'idle';

/** Runs the one clock that applies to an attempt at a time. */
export class AttemptClock {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeouts: AttemptTimeouts,
    private readonly expired: (what: Expiry) => void,
  ) {}

  connecting(): void {
    this.#arm('connect', this.timeouts.connectMs);
  }

  awaitingHeaders(): void {
    this.#arm('headers', this.timeouts.headersMs);
  }

  /**
   * Expires when `progress` has not changed for `idleMs`.
   * @param progress a number that changes with every byte; `undefined` while silence is nobody's fault
   */
  transferring(progress: () => number | undefined): void {
    this.stop();
    const { idleMs } = this.timeouts;
    if (idleMs <= 0) return;
    let before = progress();
    let silent = 0;
    const check = (): void => {
      const now = progress();
      silent = now === undefined || now !== before ? 0 : silent + 1;
      before = now;
      if (silent < CHECKS_PER_IDLE) return;
      this.stop();
      this.expired('idle');
    };
    this.#timer = setInterval(check, Math.ceil(idleMs / CHECKS_PER_IDLE));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #arm(what: Expiry, afterMs: number): void {
    this.stop();
    if (afterMs > 0) this.#timer = setTimeout(this.expired, afterMs, what);
  }
}
