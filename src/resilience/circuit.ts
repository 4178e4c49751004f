import CircuitBreaker from 'opossum';
import type { BreakerSettings } from './breaker.options.js';

const BUCKETS = 10;

/**
 * One opossum circuit, set up for a gateway: the only file that knows how opossum works inside.
 *
 * What it does beyond opossum's own way, each held by a test:
 *
 * - Its counts are of calls that ended. opossum counts a call when it starts and also when it is refused, so a
 *   slow failing upstream, or one that has just closed again, would look half as bad as it is.
 * - No list of latencies is kept; opossum adds to one on every call even with percentiles off.
 * - A failure adds up four numbers per bucket, not opossum's fifteen by name.
 * - The window starts empty after closing, so that old failures do not open it again at the first new one.
 */
export class Circuit {
  readonly #circuit: CircuitBreaker<[Verdict], void>;
  readonly #status: CountingStatus;
  readonly #options: CircuitBreaker.Options<[Verdict]>;

  constructor(name: string, settings: BreakerSettings) {
    this.#options = circuitOptions(name, settings);
    this.#status = countingStatus(this.#options);
    this.#options.status = this.#status;
    this.#circuit = new CircuitBreaker((verdict) => verdict as unknown as Promise<void>, this.#options);
    // opossum hands the action's rejection on; with a fallback its promise, which nobody waits for, resolves instead.
    this.#circuit.fallback(() => undefined);
  }

  on(event: 'open' | 'halfOpen' | 'close', listener: () => void): void {
    this.#circuit.on(event as 'open', listener);
  }

  /** Whether the next call may start: closed, or half-open with its one trial not taken. */
  get admits(): boolean {
    return this.#circuit.closed || this.#circuit.pendingClose;
  }

  /** Starts a call. Only when it {@link admits} one. */
  start(): Verdict {
    const verdict = new Verdict();
    void this.#circuit.fire(verdict);
    return verdict;
  }

  countRejected(): void {
    this.#status.increment('rejects');
  }

  /** Takes one success back: the call it stood for failed after all. */
  withdrawSuccess(): void {
    const bucket = this.#status.window[0] as CircuitBreaker.Bucket;
    bucket.successes--;
    bucket.fires--;
  }

  /** Forgets every count. */
  clear(): void {
    for (let i = 0; i < BUCKETS; i++) this.#status.rotateBucket();
  }

  /**
   * Gives the trial back that half-open handed out: the next call is the trial.
   *
   * opossum has no way to take one back, so it opens again for an instant. The caller hears `open` and `halfOpen`.
   */
  renewTrial(): void {
    const { resetTimeout } = this.#options;
    this.#options.resetTimeout = 0;
    this.#circuit.open();
    this.#options.resetTimeout = resetTimeout;
  }

  get totals(): Totals {
    return totalsOf(this.#status.window);
  }

  shutdown(): void {
    this.#circuit.shutdown();
  }
}

/** Percentiles and snapshots cost 45 ms a second when an upstream fails: both stay off. */
export function circuitOptions(name: string, settings: BreakerSettings) {
  // Its type is left to be inferred: opossum's own would ask whoever installs the package for @types/opossum.
  return {
    name,
    // Attempts have their own clocks and are cancelled one by one; opossum's signal belongs to the whole circuit.
    timeout: false,
    resetTimeout: settings.resetMs,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: BUCKETS,
    // opossum's own 0 opens at the first failure.
    volumeThreshold: settings.volume,
    // opossum compares with `>`; this makes it "at least". The rest of it is far below one call in a billion.
    errorThresholdPercentage: settings.errorPercent - 1e-9,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  } satisfies CircuitBreaker.Options<[Verdict]>;
}

// oxlint-disable unicorn/no-thenable -- it has to look like a promise to opossum.
/**
 * How a call ended, as opossum hears it.
 *
 * opossum subscribes with `.then(…).catch(…)` to what its action returns. This calls the subscriber at once, so that
 * the circuit has changed before the caller goes on; and a call that ends without a verdict never reaches opossum,
 * which knows only success and failure. Not a promise: never return one from an async function.
 */
export class Verdict {
  #onSuccess: () => void = nothing;
  #onFailure: (error: unknown) => void = nothing;

  // biome-ignore lint/suspicious/noThenProperty: the one method opossum asks of a promise.
  then(onSuccess: () => void): this {
    this.#onSuccess = onSuccess;
    return this;
  }

  catch(onFailure: (error: unknown) => void): this {
    this.#onFailure = onFailure;
    return this;
  }

  succeed(): void {
    this.#onSuccess();
  }

  fail(): void {
    this.#onFailure(FAILED);
  }
}

const nothing = (): void => {};

/** opossum passes the error to listeners we do not have. */
const FAILED = new Error('The call failed.');

type Counted = 'fires' | 'successes' | 'failures' | 'rejects' | 'fallbacks';
export type Totals = Readonly<Record<Exclude<Counted, 'fallbacks'>, number>>;

/** opossum's rolling window, with the members its type leaves out. */
interface CountingStatus extends CircuitBreaker.Status {
  increment(count: Counted): void;
  rotateBucket(): void;
}

function countingStatus(options: CircuitBreaker.Options<[Verdict]>): CountingStatus {
  const status = CircuitBreaker.newStatus(options) as CountingStatus;
  status.increment = (count) => {
    if (count === 'fires') return;
    const bucket = status.window[0] as CircuitBreaker.Bucket;
    bucket[count]++;
    if (count === 'successes' || count === 'failures') bucket.fires++;
  };
  // opossum reads `fires` and `failures` of this at every failure.
  Object.defineProperty(status, 'stats', { get: () => totalsOf(status.window) });
  return status;
}

function totalsOf(window: CircuitBreaker.Window): Totals {
  const totals = { fires: 0, successes: 0, failures: 0, rejects: 0 };
  for (const bucket of window) {
    totals.fires += bucket.fires;
    totals.successes += bucket.successes;
    totals.failures += bucket.failures;
    totals.rejects += bucket.rejects;
  }
  return totals;
}
