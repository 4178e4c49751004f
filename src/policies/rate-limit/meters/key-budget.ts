/** What a budget can take keys back from. */
export interface KeyHolder {
  readonly size: number;
  expire(): void;
  evictEldest(): void;
}

/** Bounds the keys of all windows together, so that a flood of identities cannot fill the memory. */
export class KeyBudget {
  #used = 0;
  #evicted = 0;
  readonly #holders = new Set<KeyHolder>();

  constructor(
    readonly maxKeys: number,
    private readonly evictedOne: () => void = () => undefined,
  ) {}

  get used(): number {
    return this.#used;
  }

  /** Keys given up before their window ended. Above 0 means that limits are no longer exact. */
  get evicted(): number {
    return this.#evicted;
  }

  add(holder: KeyHolder): void {
    this.#holders.add(holder);
  }

  remove(holder: KeyHolder): void {
    this.#holders.delete(holder);
  }

  /** Makes room for one more key: what has ended goes first, then the eldest of the fullest window. */
  take(): void {
    if (this.#used >= this.maxKeys) this.#makeRoom();
    this.#used++;
  }

  released(keys: number): void {
    this.#used -= keys;
  }

  #makeRoom(): void {
    for (const holder of this.#holders) holder.expire();
    if (this.#used < this.maxKeys) return;
    let fullest: KeyHolder | undefined;
    for (const holder of this.#holders) if (holder.size > (fullest?.size ?? 0)) fullest = holder;
    // The fullest window is where a flood arrives: it pays with its own keys, not with those of quieter routes.
    fullest?.evictEldest();
    this.#evicted++;
    this.evictedOne();
  }
}
