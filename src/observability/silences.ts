import type { Clock } from '../contracts/clock.js';

/** How long nothing more is said of what was just told. */
const QUIET_MS = 60_000;

interface Silence {
  until: number;
  /** How often it happened since the last event. */
  times: number;
}

/** Keeps what happens at every request from filling the log: each thing is told once a minute, with how often it was. */
export class Silences {
  readonly #silences = new Map<string, Silence>();

  constructor(private readonly clock: Clock) {}

  /**
   * How often it happened since it was told last, this time included; `undefined` while nothing is to be told.
   *
   * @param id of low cardinality: each is kept
   */
  due(id: string): number | undefined {
    const now = this.clock.monotonic();
    let silence = this.#silences.get(id);
    if (silence === undefined) {
      silence = { until: now, times: 0 };
      this.#silences.set(id, silence);
    }
    silence.times++;
    if (now < silence.until) return undefined;
    const { times } = silence;
    silence.until = now + QUIET_MS;
    silence.times = 0;
    return times;
  }
}
