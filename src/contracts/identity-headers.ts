/**
 * The names of all headers in which policies tell upstreams who is calling. Clients may send none of them, on any route.
 *
 * A policy claims its names when it is compiled, so before a request comes. A name that was claimed stays so: an
 * upstream that believed it once believes it still.
 */
export class IdentityHeaders {
  readonly #names = new Set<string>();
  readonly #followers: ((name: string) => void)[] = [];

  constructor(...names: readonly string[]) {
    for (const name of names) this.claim(name);
  }

  /** @param name in any case; `x-claim-*` covers all that start so */
  claim(name: string): void {
    const lower = name.toLowerCase();
    if (this.#names.has(lower)) return;
    this.#names.add(lower);
    for (const told of this.#followers) told(lower);
  }

  /** Tells of every name, in lower case: of those there are at once, and of each that is claimed later. */
  follow(told: (name: string) => void): void {
    for (const name of this.#names) told(name);
    this.#followers.push(told);
  }
}

/** What upstreams are told of the caller of one exchange. */
export interface IdentityFields {
  /** Lower-case names that stand in the request only as `fields` has them, so also when it has none. */
  readonly names: ReadonlySet<string>;
  /** Flat name/value pairs. */
  readonly fields: readonly string[];
}
