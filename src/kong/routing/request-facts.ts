import { type AddressNumber, parseAddress } from '../../policies/ip-restriction/address-range.js';
import { comparableHost } from './host-pattern.js';
import type { KongRequest } from './kong-request.js';

const NO_VALUES: readonly string[] = Object.freeze([]);

/** What conditions ask of one request, read when the first of them asks. One object serves all requests in turn. */
export class RequestFacts {
  #request: KongRequest | undefined;
  #headers: Map<string, string[]> | undefined;
  #client: AddressNumber | undefined | typeof UNREAD = UNREAD;
  #local: AddressNumber | undefined | typeof UNREAD = UNREAD;
  #sni: string | undefined | typeof UNREAD = UNREAD;

  constructor(
    /** Names of headers that some route asks for, in lower case. */
    readonly askedHeaders: ReadonlySet<string>,
  ) {}

  get request(): KongRequest {
    return this.#request as KongRequest;
  }

  /** Begins with another request, or holds on to none. */
  turnTo(request: KongRequest | undefined): void {
    this.#request = request;
    this.#headers = undefined;
    this.#client = UNREAD;
    this.#local = UNREAD;
    this.#sni = UNREAD;
  }

  /** Each field line's value in lower case. */
  header(name: string): readonly string[] {
    this.#headers ??= this.#readHeaders();
    return this.#headers.get(name) ?? NO_VALUES;
  }

  get client(): AddressNumber | undefined {
    if (this.#client === UNREAD) this.#client = parseAddress(this.request.clientAddress);
    return this.#client;
  }

  get local(): AddressNumber | undefined {
    if (this.#local === UNREAD) this.#local = parseAddress(this.request.localAddress);
    return this.#local;
  }

  get sni(): string | undefined {
    if (this.#sni === UNREAD) {
      const { sni } = this.request;
      this.#sni = sni === undefined ? undefined : comparableHost(sni.toLowerCase());
    }
    return this.#sni;
  }

  #readHeaders(): Map<string, string[]> {
    const { headers } = this.request;
    const read = new Map<string, string[]>();
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase();
      if (!this.askedHeaders.has(name)) continue;
      const value = (headers[i + 1] as string).toLowerCase();
      const values = read.get(name);
      if (values === undefined) read.set(name, [value]);
      else values.push(value);
    }
    return read;
  }
}

const UNREAD = Symbol('unread');
