import type { RouteFacts } from '../../contracts/route-facts.js';
import type { ResolvedConcurrencyLimit } from './concurrency-limit.options.js';
import type { AsCounted } from './keys/by-key.js';
import type { ResolvedRateLimit } from './rate-limit.options.js';
import type { Limiter, Places } from './stores/limit-store.js';

/** A limit as the admin view shows it. */
export interface OpenLimitView {
  readonly policy: string;
  readonly name: string;
  readonly bucket: string;
  /** What kind of key is counted in it: `subject`, `address`, `claim:tenant` … */
  readonly kind: string;
  /** `1000 requests in 1m`. */
  readonly allowed: readonly string[];
  readonly routes: readonly string[];
}

/** How one key stands at one limit. */
export interface LimitStandingView extends Omit<OpenLimitView, 'routes'> {
  /** As it is counted: an IPv6 address as its subnet, a long text as its digest. */
  readonly key: string;
  /** At each window of the limit; seconds until it is whole again. */
  readonly windows?: readonly { readonly remaining: number; readonly resetSeconds: number }[];
  /** Requests that run now, of a concurrency limit. */
  readonly running?: number;
  /** Set while the store that instances share cannot be asked: who answered instead. */
  readonly store?: 'local' | 'none';
}

interface OpenLimit {
  readonly view: Omit<OpenLimitView, 'routes'>;
  /** How often it was opened for each. */
  readonly routes: Map<string, number>;
  readonly asCounted: AsCounted;
  stand(key: string): Promise<Omit<LimitStandingView, keyof OpenLimitView | 'key'>>;
  reset(key: string): void | Promise<void>;
}

/**
 * Every limit that routes count by: to be listed, looked into by key, and reset. What adds one gives the way to take it off.
 */
export class OpenLimits {
  readonly #limits = new Map<string, OpenLimit>();

  addRate(
    limit: ResolvedRateLimit,
    kind: string,
    route: RouteFacts,
    limiter: Limiter,
    asCounted: AsCounted,
  ): () => void {
    const allowed = limit.quotas.map(({ text }) => text);
    return this.#add(viewOf(limit, kind, allowed), route, {
      asCounted,
      async stand(key) {
        const answer = limiter.hit(key, 0);
        const { standings, store } = answer instanceof Promise ? await answer : answer;
        return {
          windows: standings.map(({ remaining, resetMs }) => ({
            remaining,
            resetSeconds: Math.ceil(resetMs / 1000),
          })),
          ...(store === undefined ? {} : { store }),
        };
      },
      reset: (key) => limiter.reset(key),
    });
  }

  addPlaces(
    limit: ResolvedConcurrencyLimit,
    kind: string,
    route: RouteFacts,
    places: Places,
    asCounted: AsCounted,
  ): () => void {
    return this.#add(viewOf(limit, kind, [`${limit.limit} requests at a time`]), route, {
      asCounted,
      stand: async (key) => ({ running: await places.taken(key) }),
      reset: (key) => places.reset(key),
    });
  }

  list(): readonly OpenLimitView[] {
    return [...this.#limits.values()].map(({ view, routes }) => ({ ...view, routes: [...routes.keys()] }));
  }

  /** How a key stands at every limit of a bucket. */
  standings(bucket: string, key: string): Promise<readonly LimitStandingView[]> {
    return Promise.all(
      this.#of(bucket).map(async ({ view, asCounted, stand }) => {
        const counted = asCounted(key);
        return { ...view, key: counted, ...(await stand(counted)) };
      }),
    );
  }

  /** Lets a key begin anew at every limit of a bucket. @returns how many limits that are @throws Error of the store */
  async reset(bucket: string, key: string): Promise<number> {
    const limits = this.#of(bucket);
    await Promise.all(limits.map(async (limit) => limit.reset(limit.asCounted(key))));
    return limits.length;
  }

  #of(bucket: string): readonly OpenLimit[] {
    return [...this.#limits.values()].filter(({ view }) => view.bucket === bucket);
  }

  #add(
    view: OpenLimit['view'],
    { id }: RouteFacts,
    acts: Pick<OpenLimit, 'asCounted' | 'stand' | 'reset'>,
  ): () => void {
    const key = JSON.stringify(view);
    const routes = this.#limits.get(key)?.routes ?? new Map<string, number>();
    routes.set(id, (routes.get(id) ?? 0) + 1);
    // The newest counts where requests count by now.
    this.#limits.set(key, { view, routes, ...acts });
    return () => {
      const left = (routes.get(id) ?? 1) - 1;
      if (left > 0) routes.set(id, left);
      else routes.delete(id);
      if (routes.size === 0) this.#limits.delete(key);
    };
  }
}

function viewOf(
  { policy, name, bucket }: ResolvedRateLimit | ResolvedConcurrencyLimit,
  kind: string,
  allowed: readonly string[],
): OpenLimit['view'] {
  return Object.freeze({ policy, name, bucket, kind, allowed });
}
