import { decodeQuery } from '../../contracts/query-parameters.js';
import type { RawHeaders } from '../../contracts/raw-headers.js';
import { REDACTION_DEFAULTS, type RecordRedaction } from './log-requests.options.js';

export const REDACTED = 'REDACTED';

/** RFC 9110, section 11: they carry credentials, whatever the route makes of them. */
const ALWAYS = ['authorization', 'proxy-authorization'];

type Fields = Record<string, string | string[]>;
type Query = Record<string, string | true | (string | true)[]>;

/** Strikes credentials out of what is recorded of a request and its answer. */
export class Redaction {
  readonly #headers: ReadonlySet<string>;
  readonly #query: ReadonlySet<string>;
  readonly #cookies: 'all' | ReadonlySet<string>;

  constructor(given: RecordRedaction = {}) {
    const { headers, query, cookies } = { ...REDACTION_DEFAULTS, ...given };
    this.#headers = new Set([...ALWAYS, ...headers.map((name) => name.toLowerCase())]);
    this.#query = new Set(query);
    this.#cookies = cookies === 'all' ? cookies : new Set(cookies);
  }

  /** Fields by their names in lower case; those that stand several times are lists. */
  fields(headers: RawHeaders): Fields {
    const fields: Fields = Object.create(null) as Fields;
    for (let i = 0; i < headers.length; i += 2) {
      const name = (headers[i] as string).toLowerCase();
      add(fields, name, this.#field(name, headers[i + 1] as string));
    }
    return fields;
  }

  /** `''` or a query with its `?`, each parameter but those that carry credentials as it was sent. */
  queryText(query: string): string {
    if (query.length < 2 || this.#query.size === 0) return query;
    return `?${query
      .slice(1)
      .split('&')
      .map((part) => {
        const cut = part.indexOf('=');
        return cut >= 0 && this.#query.has(decodeQuery(part.slice(0, cut)))
          ? `${part.slice(0, cut)}=${REDACTED}`
          : part;
      })
      .join('&')}`;
  }

  /** Parameters by their decoded names; one without `=` is `true`. */
  parameters(query: string): Query {
    const found: Query = Object.create(null) as Query;
    for (const part of query.length < 2 ? [] : query.slice(1).split('&')) {
      if (part === '') continue;
      const cut = part.indexOf('=');
      const name = decodeQuery(cut < 0 ? part : part.slice(0, cut));
      const value = cut < 0 ? true : this.#query.has(name) ? REDACTED : decodeQuery(part.slice(cut + 1));
      add(found, name, value);
    }
    return found;
  }

  #field(name: string, value: string): string {
    if (this.#headers.has(name)) return REDACTED;
    if (name === 'cookie') return this.#cookieField(value);
    return name === 'set-cookie' ? this.#newCookie(value) : value;
  }

  #cookieField(value: string): string {
    return value
      .split(';')
      .map((pair) => this.#cookie(pair))
      .join(';');
  }

  /** `name=value; Path=/…`: the attributes stay. */
  #newCookie(value: string): string {
    const end = value.indexOf(';');
    return end < 0 ? this.#cookie(value) : this.#cookie(value.slice(0, end)) + value.slice(end);
  }

  #cookie(pair: string): string {
    const cut = pair.indexOf('=');
    // A cookie without a name is its value alone (RFC 6265bis, section 5.7).
    if (cut < 0) return this.#cookies === 'all' ? REDACTED : pair;
    const hidden = this.#cookies === 'all' || this.#cookies.has(pair.slice(0, cut).trim());
    return hidden ? `${pair.slice(0, cut)}=${REDACTED}` : pair;
  }
}

function add<T extends string | true>(to: Record<string, T | T[]>, name: string, value: T): void {
  const known = to[name];
  if (known === undefined) to[name] = value;
  else if (Array.isArray(known)) known.push(value);
  else to[name] = [known, value];
}
