import type { Target } from '../contracts/forwarder.js';

/** The most points a ring has, whatever is asked for: each costs a hash at load and eight bytes. */
const MOST_POINTS = 1_048_576;

/**
 * Chooses targets by a key, the same key always the same target (consistent hashing, Karger et al. 1997).
 *
 * Each target has points on a ring by its weight, and a key belongs to the next point behind its own hash. When a target
 * comes or goes, only the keys of its points move.
 */
export class HashRing {
  /** Hashes in order, and whose each is. */
  readonly #points: Uint32Array;
  readonly #owners: readonly Target[];

  /**
   * @param slots points of all targets together, about
   * @throws TypeError when no target has a weight above 0
   */
  constructor(targets: readonly Target[], slots: number) {
    const weighty = targets.filter(({ weight }) => weight > 0);
    if (weighty.length === 0) throw new TypeError('A ring needs a target with a weight above 0.');
    const points = pointsOf(weighty, Math.min(slots, MOST_POINTS));
    this.#points = Uint32Array.from(points, ({ hash }) => hash);
    this.#owners = points.map(({ target }) => target);
  }

  /** The target of a key; another than `exclude` where there is one. */
  pick(key: string, exclude?: Target): Target {
    const owners = this.#owners;
    const start = this.#after(hashOf(key));
    for (let i = 0; exclude !== undefined && i < owners.length; i++) {
      const owner = owners[(start + i) % owners.length] as Target;
      if (owner !== exclude) return owner;
    }
    return owners[start % owners.length] as Target;
  }

  /** The first point that is not before a hash; as many as there are points when it is behind all of them. */
  #after(hash: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Point {
  readonly hash: number;
  readonly target: Target;
}

function pointsOf(targets: readonly Target[], slots: number): readonly Point[] {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  const points = targets.flatMap((target) => {
    const count = Math.max(1, Math.round((slots * target.weight) / total));
    return Array.from({ length: count }, (_, i): Point => ({ hash: hashOf(`${target.id} ${i}`), target }));
  });
  // Two at one place stand in an order that does not depend on the order of the targets.
  return points.sort((a, b) => a.hash - b.hash || (a.target.id < b.target.id ? -1 : 1));
}

/** FNV-1a, its bits mixed as MurmurHash3 does at its end: texts that differ in one sign lie far apart. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
