import type { Target } from '../contracts/forwarder.js';

interface Standing {
  readonly target: Target;
  /** Grows by the weight at every pick; the pick costs the sum of all weights. */
  credit: number;
}

/**
 * Spreads calls over an upstream's targets by weight: smooth weighted round robin, as nginx does it.
 *
 * "Smooth" means that a target of weight 5 beside one of weight 1 is not picked five times in a row.
 */
export class TargetPool {
  readonly #standings: readonly Standing[];

  /** @throws TypeError when no target has a weight above 0 */
  constructor(readonly targets: readonly Target[]) {
    this.#standings = targets
      .filter(({ weight }) => weight > 0)
      .map((target): Standing => ({ target, credit: 0 }));
    if (this.#standings.length === 0) throw new TypeError('A pool needs a target with a weight above 0.');
  }

  /** The next target in turn; another than `exclude` where there is one. */
  pick(exclude?: Target): Target {
    const standings = this.#standings;
    if (standings.length === 1) return (standings[0] as Standing).target;
    let best: Standing | undefined;
    let sum = 0;
    for (const standing of standings) {
      if (standing.target === exclude) continue;
      standing.credit += standing.target.weight;
      sum += standing.target.weight;
      if (best === undefined || standing.credit > best.credit) best = standing;
    }
    // Two or more stand here and one at most was passed over.
    const picked = best as Standing;
    picked.credit -= sum;
    return picked.target;
  }
}
