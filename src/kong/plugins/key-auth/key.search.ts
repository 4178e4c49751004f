import type { Exchange } from '../../../contracts/exchange.js';
import { queryValues } from '../../../contracts/query-parameters.js';
import { concealedCredential } from '../../../policies/authenticate/credentials/concealed-credential.js';
import { REPEATED } from '../../../policies/authenticate/credentials/repeated.js';
import {
  type SentCredential,
  sentCredential,
} from '../../../policies/authenticate/credentials/sent-credential.js';
import type { KongKeyAuthConfig } from '../../kong-plugins.js';
import { type BodyFields, bodyFields } from './body-fields.js';
import { keyHeaderNames } from './key-header.names.js';
import { replaceBody } from './peeked-body.js';

export type SentKey = string | undefined | typeof REPEATED;

/** A key name with what looks for it beside the body. */
interface NamedKey {
  readonly name: string;
  readonly beside: (exchange: Exchange) => SentKey;
}

/** Finds the key of a request, and takes it out: for each name in the header, then the query, then the body. */
export class KeySearch {
  readonly #names: readonly NamedKey[];
  readonly #conceal: ReturnType<typeof concealedCredential>;

  constructor(private readonly config: KongKeyAuthConfig) {
    this.#names = config.keyNames.map((name) => ({ name, beside: lookBeside(name, config) }));
    this.#conceal = concealedCredential(
      config.keyNames.flatMap((name) => [
        ...keyHeaderNames(name).map((header) => ({ header })),
        { query: name },
      ]),
    );
  }

  /** A body is read only where no name before it brought a key. */
  find(exchange: Exchange, from = 0, fields?: BodyFields): SentKey | Promise<SentKey> {
    for (let i = from; i < this.#names.length; i++) {
      const { name, beside } = this.#names[i] as NamedKey;
      const sent = beside(exchange);
      if (sent !== undefined) return sent;
      if (!this.config.keyInBody) continue;
      if (fields === undefined) return bodyFields(exchange).then((read) => this.find(exchange, i, read));
      const inside = fields.text(name);
      if (inside !== undefined) return inside;
    }
    return undefined;
  }

  /** Takes out what stands under any of the names, also where it was not the key that counted. */
  hide(exchange: Exchange): void | Promise<void> {
    this.hideBeside(exchange);
    if (!this.config.keyInBody) return;
    return bodyFields(exchange).then((fields) => {
      const left = fields.without(this.config.keyNames);
      if (left !== undefined) replaceBody(exchange, left);
    });
  }

  hideBeside(exchange: Exchange): void {
    const { call } = exchange;
    if (call !== undefined) exchange.call = this.#conceal?.(call) ?? call;
  }
}

function lookBeside(name: string, { keyInHeader, keyInQuery }: KongKeyAuthConfig): NamedKey['beside'] {
  const headers: SentCredential[] = keyInHeader
    ? keyHeaderNames(name).map((header) => sentCredential([{ header }], { quotedCookies: false }))
    : [];
  return (exchange) => {
    for (const read of headers) {
      const sent = read(exchange);
      if (sent !== undefined) return typeof sent === 'string' ? textOf(sent) : sent;
    }
    if (!keyInQuery) return undefined;
    const [first, ...more] = queryValues(exchange.query, name);
    return more.length > 0 ? REPEATED : first;
  };
}

/** A field's bytes as the text they are: node:http gives them one character each. */
const textOf = (sent: string): string =>
  /[\x80-\xff]/.test(sent) ? Buffer.from(sent, 'latin1').toString() : sent;
