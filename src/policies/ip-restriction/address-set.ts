import { type AddressNumber, type AddressRange, masked } from './address-range.js';

/**
 * Whether an address stands in one of many ranges: one look-up for each prefix length that occurs, however many
 * ranges there are.
 */
export class AddressSet {
  readonly #buckets: Readonly<Record<AddressNumber['family'], readonly Bucket[]>>;

  constructor(ranges: readonly AddressRange[]) {
    const of = (wanted: AddressNumber['family']) =>
      bucketsOf(ranges.filter(({ family }) => family === wanted));
    this.#buckets = { 4: of(4), 6: of(6) };
  }

  has(address: AddressNumber): boolean {
    for (const { prefix, firsts } of this.#buckets[address.family]) {
      if (firsts.has(masked(address, prefix))) return true;
    }
    return false;
  }
}

/** The lowest addresses of all ranges with one prefix length. */
interface Bucket {
  readonly prefix: number;
  readonly firsts: ReadonlySet<number | bigint>;
}

function bucketsOf(ranges: readonly AddressRange[]): readonly Bucket[] {
  const byPrefix = Map.groupBy(ranges, ({ prefix }) => prefix);
  return [...byPrefix].map(([prefix, group]) => ({
    prefix,
    firsts: new Set(group.map(({ value }) => value)),
  }));
}
