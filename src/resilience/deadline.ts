import type { AttemptTimeouts } from '../contracts/forwarder.js';
import type { TimeoutSettings } from './timeout.options.js';

/**
 * The time all attempts of one call share, kept as a point on the monotonic clock: no timer of its own.
 *
 * An attempt's timers are shortened to what is left, so that the last one to run is what ends the call. They follow
 * each other (dial, then headers), so a dial can make the call late by its own connectMs at most.
 */
export class Deadline {
  readonly #endsAt: number;

  constructor(
    private readonly settings: TimeoutSettings,
    startedAt: number,
  ) {
    this.#endsAt = settings.totalMs === 0 ? Number.POSITIVE_INFINITY : startedAt + settings.totalMs;
  }

  passed(now: number): boolean {
    return now >= this.#endsAt;
  }

  /** The timers for an attempt that starts now. */
  timeouts(now: number): AttemptTimeouts {
    // Timers count whole milliseconds, and 0 would switch one off.
    const leftMs = Math.max(1, Math.ceil(this.#endsAt - now));
    const { connectMs, headersMs, idleMs } = this.settings;
    if (fits(connectMs, leftMs) && fits(headersMs, leftMs)) return this.settings;
    return { connectMs: shortened(connectMs, leftMs), headersMs: shortened(headersMs, leftMs), idleMs };
  }
}

const fits = (ms: number, leftMs: number): boolean =>
  ms === 0 ? leftMs === Number.POSITIVE_INFINITY : ms <= leftMs;

const shortened = (ms: number, leftMs: number): number => (ms === 0 ? leftMs : Math.min(ms, leftMs));
