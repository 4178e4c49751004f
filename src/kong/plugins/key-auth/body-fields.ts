import type { Exchange } from '../../../contracts/exchange.js';
import { decodeQuery, queryValues } from '../../../contracts/query-parameters.js';
import { headerValue } from '../../../contracts/raw-headers.js';
import { REPEATED } from '../../../policies/authenticate/credentials/repeated.js';
import { hasFields, parseExact, writeExact } from '../../../policies/json-body/exact-json.js';
import { peekBody } from './peeked-body.js';

/** The named fields of a request's body, at its top level. */
export interface BodyFields {
  /** Its text; {@link REPEATED} for several, `undefined` for none. */
  text(name: string): string | undefined | typeof REPEATED;
  /** The body without these fields; `undefined` when it has none of them. */
  without(names: readonly string[]): Buffer | undefined;
}

/** A body that cannot be read as its type says has no fields, as in Kong. */
export async function bodyFields(exchange: Exchange): Promise<BodyFields> {
  const { rawHeaders } = exchange.req;
  const type = headerValue(rawHeaders, 'content-type')?.toLowerCase() ?? '';
  const read = READERS.find(([name]) => type.includes(name))?.[1];
  if (read === undefined || headerValue(rawHeaders, 'content-encoding') !== undefined) return NO_FIELDS;
  const bytes = await peekBody(exchange);
  return bytes === undefined ? NO_FIELDS : read(bytes);
}

const NO_FIELDS: BodyFields = { text: () => undefined, without: () => undefined };

const READERS: readonly (readonly [type: string, read: (bytes: Buffer) => BodyFields])[] = [
  ['application/x-www-form-urlencoded', formFields],
  ['application/json', jsonFields],
];

function formFields(bytes: Buffer): BodyFields {
  const form = bytes.toString();
  return {
    text(name) {
      const [first, ...more] = queryValues(`?${form}`, name);
      return more.length > 0 ? REPEATED : first;
    },
    without(names) {
      const parts = form.split('&');
      const kept = parts.filter((part) => !names.includes(decodeQuery(part.split('=', 1)[0] as string)));
      return kept.length === parts.length ? undefined : Buffer.from(kept.join('&'));
    },
  };
}

function jsonFields(bytes: Buffer): BodyFields {
  const value = parsed(bytes);
  if (!hasFields(value) || Array.isArray(value)) return NO_FIELDS;
  return {
    text(name) {
      const field = Object.hasOwn(value, name) ? value[name] : undefined;
      if (typeof field === 'string') return field;
      return hasFields(field) ? REPEATED : undefined;
    },
    without(names) {
      const own = names.filter((name) => Object.hasOwn(value, name));
      if (own.length === 0) return undefined;
      return Buffer.from(
        writeExact(Object.fromEntries(Object.entries(value).filter(([name]) => !own.includes(name)))),
      );
    },
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseExact(bytes);
  } catch {
    return undefined;
  }
}
