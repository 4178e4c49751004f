import {
  CLIENT_HEADER_RULES,
  type ClientHeaderRule,
  COMMON_CLIENT_HEADERS,
} from '../../contracts/client-header.rules.js';
import { IdentityHeaders } from '../../contracts/identity-headers.js';
import { HOP_BY_HOP } from '../hop-by-hop.js';

export type HeaderFate = ClientHeaderRule | 'pass';

/** Spellings remembered; beyond that, and for longer names, each is worked out again. Both bound what clients can make us keep. */
const SPELLINGS_LIMIT = 1024;
const SPELLING_LENGTH_LIMIT = 48;

/** Says what becomes of a client's header, with one look-up for a spelling seen before. */
export class HeaderFates {
  readonly #exact = new Map<string, HeaderFate>();
  readonly #prefixes: (readonly [prefix: string, fate: HeaderFate])[] = [];
  readonly #spellings = new Map<string, HeaderFate>();

  /** @param identity more names only the gateway may write, those that are claimed later included */
  constructor(identity: IdentityHeaders = new IdentityHeaders()) {
    // The first row wins: an exact name of the tables is never loosened by a name that is added.
    for (const name of HOP_BY_HOP) if (name !== 'connection') this.#exact.set(name, 'never');
    for (const row of CLIENT_HEADER_RULES) this.#add(row.name, row.rule);
    this.#learnCommon();
    identity.follow((name) => {
      this.#add(name, 'strip');
      // A spelling may have been remembered as harmless.
      this.#spellings.clear();
      this.#learnCommon();
    });
  }

  of(name: string): HeaderFate {
    return this.#spellings.get(name) ?? this.#learn(name);
  }

  #add(name: string, fate: HeaderFate): void {
    if (name.endsWith('*')) this.#prefixes.push([name.slice(0, -1), fate]);
    else if (!this.#exact.has(name)) this.#exact.set(name, fate);
  }

  #learnCommon(): void {
    for (const name of [...this.#exact.keys(), ...COMMON_CLIENT_HEADERS]) {
      this.of(name);
      this.of(name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()));
    }
  }

  #learn(name: string): HeaderFate {
    const fate = this.#workOut(name.toLowerCase());
    if (name.length <= SPELLING_LENGTH_LIMIT && this.#spellings.size < SPELLINGS_LIMIT) {
      this.#spellings.set(name, fate);
    }
    return fate;
  }

  #workOut(name: string): HeaderFate {
    const known = this.#listed(name);
    if (known !== undefined) return known;
    // Upstreams that hand headers on as CGI variables read `X_Consumer_Id` and `X-Consumer-Id` as one name.
    if (name.includes('_') && this.#listed(name.replaceAll('_', '-')) !== undefined) return 'strip';
    return 'pass';
  }

  #listed(name: string): HeaderFate | undefined {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const [prefix, fate] of this.#prefixes) if (name.startsWith(prefix)) return fate;
    return undefined;
  }
}
