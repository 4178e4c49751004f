import type { KeyBudget } from '../../meters/key-budget.js';
import { type Cell, KeyedCells } from '../../meters/keyed-cells.js';
import type { Limiter, Verdict } from '../limit-store.js';
import type { Grant } from './redis-limiter.js';

/** What is kept of a key whose units were leased. */
interface Lease extends Cell {
  /** Units to hand out. */
  left: number;
  /** Where the key stood when they were taken. */
  grant: Grant;
  /** When that was asked. */
  at: number;
  /** What was asked: a cheaper hit may pass where this one did not. */
  cost: number;
}

export interface LeaseOptions {
  /** Units to take at a time. */
  readonly lease: number;
  /** No unit is kept longer. */
  readonly windowMs: number;
  readonly budget: KeyBudget;
  readonly now: () => number;
  take(key: string, least: number, most: number): Grant | Promise<Grant>;
  reset(key: string): Promise<void>;
}

/** A refusal is believed for so long, so that whoever is refused does not reach the store each time. */
const REFUSAL_MS = 1_000;

/**
 * Takes units from the store by the batch and hands them out here, without a promise. What it took counts as used in the
 * store at once, so instances together never hand out more than the limit of what the store has counted.
 *
 * A unit is kept until the store would give it back, which is a window at most: where windows slide or buckets fill, each
 * instance may hand out one lease later than it was counted, and that is how far a span can be overshot.
 */
export class LeasedLimiter implements Limiter {
  readonly #options: LeaseOptions;
  readonly #leases: KeyedCells<Lease>;
  /** Questions on their way, by key. */
  readonly #asking = new Map<string, Promise<unknown>>();

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#leases = new KeyedCells(options.windowMs, options.budget, options.now);
  }

  hit(key: string, cost: number): Verdict | Promise<Verdict> {
    const now = this.#options.now();
    const lease = this.#leases.find(key, now);
    if (lease !== undefined) {
      if (lease.grant.passed && lease.left >= cost) {
        lease.left -= cost;
        return standing(lease, now);
      }
      if (!lease.grant.passed && cost >= lease.cost) return standing(lease, now);
    }
    const asking = this.#asking.get(key);
    if (asking === undefined) return this.#ask(key, cost);
    // Whatever became of that question, it says itself.
    const again = (): Verdict | Promise<Verdict> => this.hit(key, cost);
    return asking.then(again, again);
  }

  async reset(key: string): Promise<void> {
    this.#leases.delete(key);
    await this.#options.reset(key);
  }

  #ask(key: string, cost: number): Verdict | Promise<Verdict> {
    const { lease, take, now } = this.#options;
    const askedAt = now();
    const answer = take(key, cost, cost === 0 ? 0 : Math.max(cost, lease));
    if (!(answer instanceof Promise)) return answer;
    const taken = answer.then((grant) => this.#keep(key, cost, grant, askedAt));
    const forget = (): void => void this.#asking.delete(key);
    this.#asking.set(key, taken);
    taken.then(forget, forget);
    return taken;
  }

  #keep(key: string, cost: number, grant: Grant, at: number): Verdict {
    // What was decided without the store is no lease.
    if (grant.store !== undefined || cost === 0) return grant;
    const now = this.#options.now();
    const kept = this.#leases.find(key, now);
    const unspent = kept?.grant.passed === true ? kept.left : 0;
    const ms = grant.passed
      ? Math.min(...grant.standings.map(({ resetMs }) => resetMs))
      : Math.min(grant.retryMs, REFUSAL_MS);
    const left = grant.passed ? unspent + grant.granted - cost : 0;
    const lease: Lease = { left, grant, at, cost, endsAt: at + ms };
    this.#leases.delete(key);
    this.#leases.add(key, lease);
    return standing(lease, now);
  }
}

/** The store's answer as it stands by now, with the units in hand. */
function standing({ grant, left, at }: Lease, now: number): Verdict {
  const passed = now - at;
  return {
    passed: grant.passed,
    retryMs: grant.passed ? 0 : Math.max(1, grant.retryMs - passed),
    standings: grant.standings.map(({ remaining, resetMs }) => ({
      remaining: remaining + left,
      resetMs: Math.max(0, resetMs - passed),
    })),
  };
}
