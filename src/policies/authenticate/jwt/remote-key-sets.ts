import type { Clock } from '../../../contracts/clock.js';
import { type KeySetObserver, SILENT_KEY_SET_OBSERVER } from './key-set-observer.js';
import { RemoteKeySet, type RemoteKeys } from './remote-key-set.js';

/** The published keys of every issuer, one set for each however many routes need it. */
export class RemoteKeySets {
  readonly #sets = new Map<string, RemoteKeySet>();

  constructor(
    private readonly clock: Clock,
    private readonly observer: KeySetObserver = SILENT_KEY_SET_OBSERVER,
  ) {}

  /** The first look begins at once, so that the first request hardly waits; it may well fail. */
  of(remote: RemoteKeys): RemoteKeySet {
    const name = JSON.stringify(remote);
    let set = this.#sets.get(name);
    if (set === undefined) {
      set = new RemoteKeySet(remote, this.clock, this.observer);
      this.#sets.set(name, set);
      void set.refresh();
    }
    return set;
  }

  stop(): void {
    for (const set of this.#sets.values()) set.stop();
  }
}
