import { type Clock, systemClock } from '../contracts/clock.js';
import { GatewayError } from '../contracts/gateway-error.js';
import { type BreakerState, SILENT_OBSERVER, type UpstreamObserver } from '../contracts/upstream-observer.js';
import type { BreakerSettings } from './breaker.options.js';
import { Circuit, type Verdict } from './circuit.js';

/** What stands in a breaker's window. */
export interface BreakerCounts {
  readonly successes: number;
  readonly failures: number;
  readonly rejected: number;
}

/**
 * Spares an upstream that keeps failing: one opossum circuit, with the gateway's rules.
 *
 * - It opens at `errorPercent` or more failures among at least `volume` ended calls of the window.
 * - Open, every call is refused until `resetMs` have passed; then one trial decides.
 * - A call that neither succeeded nor failed (its client left, the fault was ours) does not count.
 * - Only calls that started in the present state count: what began before it opened says nothing about now.
 */
export class Breaker {
  readonly #circuit: Circuit;
  #state: BreakerState = 'closed';
  /** Grows with every change of state. */
  #epoch = 0;
  #trialAt = 0;
  #renewing = false;
  #shut = false;

  constructor(
    readonly upstream: string,
    private readonly settings: BreakerSettings,
    private readonly observer: UpstreamObserver = SILENT_OBSERVER,
    private readonly clock: Clock = systemClock,
  ) {
    this.#circuit = new Circuit(upstream, settings);
    this.#circuit.on('open', () => {
      this.#trialAt = this.clock.monotonic() + this.settings.resetMs;
      this.#changed('open');
    });
    this.#circuit.on('halfOpen', () => this.#changed('half-open'));
    this.#circuit.on('close', () => {
      this.#circuit.clear();
      this.#changed('closed');
    });
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether {@link enter} would let a call through now. */
  get admits(): boolean {
    return this.#shut || this.#circuit.admits;
  }

  /**
   * Runs one call through the breaker.
   *
   * @param isFailure whether a result counts as a failure; the result is handed back either way
   * @param countsAsFailure whether an error counts; by default all do but those of the client and the gateway
   * @throws GatewayError `breaker-open` with `Retry-After`, without running the call
   */
  async run<T>(
    action: () => Promise<T>,
    isFailure: (result: T) => boolean = never,
    countsAsFailure: (error: unknown) => boolean = isUpstreamFault,
  ): Promise<T> {
    const pass = this.enter();
    try {
      const result = await action();
      if (isFailure(result)) pass.failed();
      else pass.succeeded();
      return result;
    } catch (error) {
      if (countsAsFailure(error)) pass.failed();
      else pass.abandoned();
      throw error;
    }
  }

  /**
   * Lets one call start; exactly one method of the pass must be called when it ends.
   *
   * @throws GatewayError `breaker-open` with `Retry-After`
   */
  enter(): BreakerPass {
    if (this.#shut) return UNCOUNTED;
    if (!this.#circuit.admits) throw this.#refusal();
    return new CountedPass(this, this.#circuit.start(), this.#epoch);
  }

  /** Turns a call that had succeeded into a failure: its body broke after the headers. Counts only while closed. */
  reportFailure(): void {
    if (this.#shut || this.#state !== 'closed') return;
    this.#circuit.withdrawSuccess();
    this.observer.breakerFailed(this.upstream);
    this.#circuit.start().fail();
  }

  stats(): BreakerCounts {
    const { successes, failures, rejects } = this.#circuit.totals;
    // A late failure withdraws a success that may have left the window already.
    return { successes: Math.max(0, successes), failures, rejected: rejects };
  }

  /** Stops its timers; calls pass uncounted from here on. */
  shutdown(): void {
    if (this.#shut) return;
    this.#shut = true;
    this.#epoch++;
    this.#circuit.shutdown();
  }

  /** @internal */
  settle(verdict: Verdict, epoch: number, outcome: 'succeeded' | 'failed' | 'abandoned'): void {
    if (epoch !== this.#epoch) return;
    if (outcome === 'succeeded') verdict.succeed();
    else if (outcome === 'failed') {
      this.observer.breakerFailed(this.upstream);
      verdict.fail();
    } else if (this.#state === 'half-open') this.#renewTrial();
  }

  /** The trial taught nothing. To punish the upstream for it would let one impatient client keep the breaker open. */
  #renewTrial(): void {
    this.#renewing = true;
    this.#circuit.renewTrial();
    this.#renewing = false;
  }

  #changed(state: BreakerState): void {
    this.#epoch++;
    if (this.#renewing || state === this.#state) return;
    this.#state = state;
    this.observer.breakerChanged(this.upstream, state);
  }

  #refusal(): GatewayError {
    this.#circuit.countRejected();
    this.observer.breakerRejected(this.upstream);
    const waitMs = this.#state === 'open' ? this.#trialAt - this.clock.monotonic() : 0;
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    return new GatewayError('breaker-open', {
      upstream: this.upstream,
      detail: `${this.upstream} has been failing; it is not asked for a while.`,
      headers: ['Retry-After', String(seconds)],
    });
  }
}

/** One call that was let through. The first method called settles it; later calls do nothing. */
export interface BreakerPass {
  succeeded(): void;
  failed(): void;
  /** It ended without telling anything about the upstream. */
  abandoned(): void;
}

class CountedPass implements BreakerPass {
  #epoch: number;

  constructor(
    private readonly breaker: Breaker,
    private readonly verdict: Verdict,
    epoch: number,
  ) {
    this.#epoch = epoch;
  }

  succeeded(): void {
    this.#settle('succeeded');
  }

  failed(): void {
    this.#settle('failed');
  }

  abandoned(): void {
    this.#settle('abandoned');
  }

  #settle(outcome: 'succeeded' | 'failed' | 'abandoned'): void {
    const epoch = this.#epoch;
    // No epoch is negative: a second verdict on the same call finds nothing to settle.
    this.#epoch = -1;
    this.breaker.settle(this.verdict, epoch, outcome);
  }
}

const UNCOUNTED: BreakerPass = Object.freeze({ succeeded() {}, failed() {}, abandoned() {} });

const never = (): boolean => false;

const isUpstreamFault = (error: unknown): boolean =>
  !(error instanceof GatewayError) || error.source === 'upstream';
