import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { REPEATED } from './bearer-token.js';
import type { TokenPlace } from './jwt.options.js';

/** The places besides `Authorization` where a route takes tokens. */
export class TokenPlaces {
  readonly #parameters: ReadonlySet<string>;
  readonly #cookies: ReadonlySet<string>;

  constructor(places: readonly TokenPlace[]) {
    this.#parameters = new Set(places.flatMap((place) => ('query' in place ? [place.query] : [])));
    this.#cookies = new Set(places.flatMap((place) => ('cookie' in place ? [place.cookie] : [])));
  }

  /** The one token in these places; REPEATED when there are more, even of the same text. */
  find(exchange: Exchange): string | undefined | typeof REPEATED {
    const found: string[] = [];
    for (const [name, value] of parametersOf(exchange.query)) {
      if (this.#parameters.has(name)) found.push(decoded(value));
    }
    for (const [name, value] of cookiesOf(exchange.req.rawHeaders)) {
      if (this.#cookies.has(name)) found.push(value);
    }
    return found.length > 1 ? REPEATED : found[0];
  }

  /** Tokens in an address end up in logs, and those in a cookie were meant for the gateway: neither goes on. */
  readonly conceal = (call: ForwardCall): ForwardCall => {
    let concealed = call;
    const sent = parametersOf(call.query).filter(([name]) => this.#parameters.has(name));
    if (sent.length > 0) {
      concealed = concealed.withQueryEdits(sent.map(([name]) => ({ kind: 'remove', name })));
    }
    if (this.#cookies.size === 0) return concealed;
    const cookies = cookiesOf(call.clientHeaders);
    const kept = cookies.filter(([name]) => !this.#cookies.has(name));
    if (kept.length === cookies.length) return concealed;
    if (kept.length === 0) return concealed.withoutHeader('cookie');
    return concealed.withHeader('cookie', kept.map(([, , pair]) => pair).join('; '));
  };
}

/** Names decoded, as whoever takes the parameters out compares them; values as sent. */
function parametersOf(query: string): readonly (readonly [name: string, value: string])[] {
  if (query === '') return [];
  return query
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const cut = part.indexOf('=');
      return cut < 0 ? [decoded(part), ''] : [decoded(part.slice(0, cut)), part.slice(cut + 1)];
    });
}

/** Every pair of every `Cookie` field (RFC 6265, section 4.2.1): name, value and the pair as sent. */
function cookiesOf(headers: readonly string[]): readonly (readonly [string, string, string])[] {
  const pairs: (readonly [string, string, string])[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== 'cookie') continue;
    for (const part of (headers[i + 1] as string).split(';')) {
      const pair = part.trim();
      if (pair === '') continue;
      const cut = pair.indexOf('=');
      pairs.push([
        cut < 0 ? pair : pair.slice(0, cut).trim(),
        cut < 0 ? '' : pair.slice(cut + 1).trim(),
        pair,
      ]);
    }
  }
  return pairs;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
