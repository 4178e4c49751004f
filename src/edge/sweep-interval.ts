const LONGEST_MS = 1_000;
const SHORTEST_MS = 20;

/**
 * How often to look at clocks that have no timer of their own: a fifth of the shortest, and never less than once a
 * second. A timeout then fires at most that much late, and never early. Clocks of 0 are off.
 */
export function sweepIntervalMs(...timeoutsMs: readonly number[]): number {
  const shortest = Math.min(...timeoutsMs.filter((ms) => ms > 0));
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.floor(shortest / 5)));
}
