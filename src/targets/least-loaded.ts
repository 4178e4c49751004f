import type { Target } from '../contracts/forwarder.js';
import type { PoolStatus } from '../contracts/upstream-status.js';

/**
 * Chooses the target with the fewest requests under way for its weight. Those that are level take turns.
 */
export class LeastLoaded {
  readonly #targets: readonly Target[];
  #turn = 0;

  /**
   * @param pools connections by target id
   * @throws TypeError when no target has a weight above 0
   */
  constructor(
    targets: readonly Target[],
    private readonly pools: () => ReadonlyMap<string, PoolStatus> | undefined,
  ) {
    this.#targets = targets.filter(({ weight }) => weight > 0);
    if (this.#targets.length === 0) throw new TypeError('There must be a target with a weight above 0.');
  }

  /** Another than `exclude` where there is one. */
  pick(exclude?: Target): Target {
    const targets = this.#targets;
    const pools = this.pools();
    const start = this.#turn++ % targets.length;
    let best: Target | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(start + i) % targets.length] as Target;
      if (target === exclude) continue;
      // With the request that is to come, so that weights count on idle targets too.
      const load = (requestsOn(pools?.get(target.id)) + 1) / target.weight;
      if (load >= least) continue;
      best = target;
      least = load;
    }
    return best ?? (targets[start] as Target);
  }
}

function requestsOn(pool: PoolStatus | undefined): number {
  return pool === undefined ? 0 : (pool.streams ?? pool.busy) + pool.waiting;
}
