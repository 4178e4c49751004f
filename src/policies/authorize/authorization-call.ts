import type { Exchange } from '../../contracts/exchange.js';
import type { Principal } from '../../contracts/principal.js';

/** The request a rule decides about. Nothing of it is read before the rule asks. */
export class AuthorizationCall<Params extends string = string> {
  #params: Readonly<Record<Params, string>> | undefined;

  constructor(
    readonly exchange: Exchange,
    readonly principal: Principal,
  ) {}

  get method(): string {
    return this.exchange.method;
  }

  /** Canonical and percent-encoded, without the query. */
  get path(): string {
    return this.exchange.path;
  }

  /** The client's address, behind trusted proxies. */
  get clientAddress(): string {
    return this.exchange.clientAddress;
  }

  /**
   * The route's path parameters, decoded. To read one that the route does not have throws: a misspelled name would be
   * `undefined`, and equal to a claim that is not there either.
   */
  get params(): Readonly<Record<Params, string>> {
    this.#params ??= paramsOf(this.exchange);
    return this.#params;
  }

  /** A header of the client's, in any case; fields that repeat are one list (RFC 9110, section 5.3). */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    const raw = this.exchange.req.rawHeaders;
    let value: string | undefined;
    for (let i = 0; i < raw.length; i += 2) {
      if ((raw[i] as string).toLowerCase() !== wanted) continue;
      value = value === undefined ? raw[i + 1] : `${value}, ${raw[i + 1]}`;
    }
    return value;
  }
}

function paramsOf<Params extends string>({ route, params }: Exchange): Readonly<Record<Params, string>> {
  const names = route?.paramNames ?? [];
  // Without a prototype: `constructor` is a parameter's name or nothing.
  const record = Object.create(null) as Record<string, string>;
  for (const [index, name] of names.entries()) record[name] = params[index] as string;
  return new Proxy(Object.freeze(record), KNOWN_ONLY) as Readonly<Record<Params, string>>;
}

const KNOWN_ONLY: ProxyHandler<Record<string, string>> = {
  get(record, name) {
    // A symbol, or the hook of JSON.stringify, is asked for by the language and not by a rule.
    if (typeof name === 'symbol' || name in record || name === 'toJSON') return record[name as string];
    const known = Object.keys(record).join(', ') || 'none';
    throw new TypeError(`The route has no parameter ${JSON.stringify(name)}; there are: ${known}.`);
  },
};
