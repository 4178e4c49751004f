import {
  type AddressNumber,
  type AddressRange,
  parseRange,
} from '../../policies/ip-restriction/address-range.js';
import { AddressSet } from '../../policies/ip-restriction/address-set.js';
import type { KongAddress } from '../kong-configuration.js';

/** Whether one end of a connection is among a route's `sources` or `destinations`. */
export class AddressMatcher {
  readonly #anyPort: AddressSet;
  readonly #byPort: ReadonlyMap<number, AddressSet>;
  readonly #ports: ReadonlySet<number>;

  private constructor(entries: readonly Entry[]) {
    const ranged = entries.filter(({ range }) => range !== undefined);
    const byPort = Map.groupBy(ranged, ({ port }) => port);
    this.#anyPort = setOf(byPort.get(undefined) ?? []);
    this.#byPort = new Map(
      [...byPort].flatMap(([port, group]) => (port === undefined ? [] : [[port, setOf(group)] as const])),
    );
    this.#ports = new Set(
      entries.flatMap(({ range, port }) => (range === undefined && port !== undefined ? [port] : [])),
    );
  }

  /** The matcher, or what is wrong with which of the addresses. */
  static compile(addresses: readonly KongAddress[]): AddressMatcher | readonly AddressMistake[] {
    const entries: Entry[] = [];
    const mistakes: AddressMistake[] = [];
    for (const [index, { ip, port }] of addresses.entries()) {
      const range = ip === undefined ? undefined : parseRange(ip);
      if (typeof range === 'string') mistakes.push({ index, ip: ip as string, message: range });
      else entries.push({ range, port });
    }
    return mistakes.length > 0 ? mistakes : new AddressMatcher(entries);
  }

  /** `address` is `undefined` for what is none. */
  has(address: AddressNumber | undefined, port: number | undefined): boolean {
    if (port !== undefined && this.#ports.has(port)) return true;
    if (address === undefined) return false;
    return (
      this.#anyPort.has(address) || (port !== undefined && this.#byPort.get(port)?.has(address) === true)
    );
  }
}

export interface AddressMistake {
  readonly index: number;
  readonly ip: string;
  readonly message: string;
}

interface Entry {
  readonly range: AddressRange | undefined;
  readonly port: number | undefined;
}

function setOf(entries: readonly Entry[]): AddressSet {
  return new AddressSet(entries.flatMap(({ range }) => (range === undefined ? [] : [range])));
}
