import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type Clock, systemClock } from '../contracts/clock.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { DeniedAddresses } from './denied-addresses.js';
import { type Lookup, lookupBySystem } from './lookup.js';

/** While a name has never resolved, how long it is left alone between two tries. */
const FAILURE_KEPT_MS = 1_000;

export interface AddressBookOptions {
  readonly refreshMs: number;
  readonly denied?: DeniedAddresses | undefined;
  /** Told once for each outage: a name does not resolve, and the addresses it had last are kept. */
  readonly lookupFailed?: (host: string, cause: Error) => void;
  readonly lookupRecovered?: (host: string) => void;
  /** Default: the system's. */
  readonly lookup?: Lookup;
  readonly clock?: Clock;
}

interface Entry {
  readonly host: string;
  /** The last good answer without the denied ones, by family, that of the first address first. `undefined` before it. */
  families: readonly (readonly LookupAddress[])[] | undefined;
  /** Every address of the last good answer was denied. */
  refusal: Error | undefined;
  /** Why the last lookup failed. */
  failure: Error | undefined;
  failedAt: number;
  asking: boolean;
  readonly waiting: ((error: Error | null) => void)[];
  /** Counts dials, so that each begins with another address. */
  turn: number;
}

/**
 * The addresses of the names an upstream's targets have.
 *
 * A name is looked up when it is first dialed, and from then on in the background: no dial but the first ones waits for
 * a resolver, and one that fails changes nothing.
 */
export class AddressBook {
  readonly #entries = new Map<string, Entry>();
  readonly #options: AddressBookOptions;
  readonly #lookup: Lookup;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #listeners: ((host: string, addresses: ReadonlySet<string>) => void)[] = [];

  constructor(options: AddressBookOptions) {
    this.#options = options;
    this.#lookup = options.lookup ?? lookupBySystem;
    this.#clock = options.clock ?? systemClock;
  }

  /** Tells of the addresses a name has after each lookup that succeeded; connections to others are out of date. */
  onAnswer(listener: (host: string, addresses: ReadonlySet<string>) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws Error for an IP literal that is denied; a name is judged when it resolves */
  admit(host: string): void {
    if (isIP(host) !== 0 && this.#options.denied?.has(host) === true) throw allDenied(host, [host]);
  }

  /** What `net.connect` and `tls.connect` take as `lookup`, with `autoSelectFamily` on. It answers at once when it can. */
  readonly lookup: LookupFunction = (host, _options, callback) => {
    const entry = this.#entries.get(host) ?? this.#add(host);
    const answer = (error: Error | null): void => {
      if (error === null) callback(null, turned(entry));
      else callback(unreachable(error), []);
    };
    if (entry.families !== undefined) {
      answer(entry.refusal ?? null);
      return;
    }
    const keptMs = Math.min(FAILURE_KEPT_MS, this.#options.refreshMs);
    if (entry.failure !== undefined && !entry.asking && this.#clock.monotonic() < entry.failedAt + keptMs) {
      answer(entry.failure);
      return;
    }
    entry.waiting.push(answer);
    this.#ask(entry);
  };

  /** Looks nothing up any more in the background; what is known stays known. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #add(host: string): Entry {
    const entry: Entry = {
      host,
      families: undefined,
      refusal: undefined,
      failure: undefined,
      failedAt: 0,
      asking: false,
      waiting: [],
      turn: 0,
    };
    this.#entries.set(host, entry);
    if (!this.#closed) this.#timer ??= setInterval(() => this.#refresh(), this.#options.refreshMs).unref();
    return entry;
  }

  #refresh(): void {
    for (const entry of this.#entries.values()) this.#ask(entry);
  }

  /** One lookup of a name at a time: a resolver that hangs is not asked more often for it. */
  #ask(entry: Entry): void {
    if (entry.asking) return;
    entry.asking = true;
    let answered = false;
    this.#lookup(entry.host, (error, addresses) => {
      if (answered) return;
      answered = true;
      entry.asking = false;
      if (error === null && addresses.length > 0) this.#take(entry, addresses);
      else this.#keep(entry, error ?? new Error(`${entry.host} has no address`));
      const result = entry.families === undefined ? (entry.failure ?? null) : (entry.refusal ?? null);
      for (const answer of entry.waiting.splice(0)) answer(result);
    });
  }

  #take(entry: Entry, found: readonly LookupAddress[]): void {
    const { denied, lookupRecovered } = this.#options;
    const allowed = denied === undefined ? found : found.filter(({ address }) => !denied.has(address));
    const first = allowed[0]?.family;
    entry.families = [
      allowed.filter(({ family }) => family === first),
      allowed.filter(({ family }) => family !== first),
    ];
    entry.refusal =
      allowed.length > 0
        ? undefined
        : allDenied(
            entry.host,
            found.map(({ address }) => address),
          );
    if (entry.failure !== undefined) lookupRecovered?.(entry.host);
    entry.failure = undefined;
    const addresses = new Set(allowed.map(({ address }) => address));
    for (const listener of this.#listeners) listener(entry.host, addresses);
  }

  /** A resolver that is down says nothing about where the upstream is: the last good answer stands. */
  #keep(entry: Entry, failure: Error): void {
    if (entry.failure === undefined) this.#options.lookupFailed?.(entry.host, failure);
    entry.failure = failure;
    entry.failedAt = this.#clock.monotonic();
  }
}

/**
 * All addresses, beginning with the next one in turn of the family the system prefers, so that dials spread over them.
 * `net.connect` goes on with the other family, then with the rest (RFC 8305).
 */
function turned(entry: Entry): LookupAddress[] {
  const turn = entry.turn++;
  return (entry.families ?? []).flatMap((family) => {
    const start = family.length === 0 ? 0 : turn % family.length;
    return [...family.slice(start), ...family.slice(0, start)];
  });
}

const unreachable = (cause: Error): GatewayError => new GatewayError('upstream-unreachable', { cause });

const allDenied = (host: string, addresses: readonly string[]): Error =>
  new Error(`${host} is ${addresses.join(', ')}, which dns.deny does not let the gateway connect to`);
