import type { Exchange } from './exchange.js';
import type { HeaderEdit } from './header-edit.js';
import { editQuery } from './parameter-edits.js';
import { fillTemplate, type ParamValue, type PathParamsArgument } from './path-template.js';
import type { RawHeaders } from './raw-headers.js';
import type { RequestBody } from './upstream-request.js';

const NO_EDITS: readonly HeaderEdit[] = Object.freeze([]);

/** A header field's name: an RFC 9110 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A header field's value as node:http would also take it: no control byte but the tab, nothing above latin1. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Framing belongs to the forwarder: no edit may touch it. */
const FRAMING = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
]);

/**
 * The upstream request to be, as a handler holds it. Immutable: every verb returns a copy.
 *
 * It starts as the client's own request with the controller's prefix replaced by `upstreamPath`;
 * the gateway's headers (correlation, forwarding, identity) are written after every edit made here.
 */
export class ForwardCall {
  constructor(
    readonly exchange: Exchange,
    readonly method: string,
    /** Percent-encoded, starting with `/`, without the query. */
    readonly path: string,
    /** `''` or the query with its `?`. */
    readonly query: string,
    readonly body: RequestBody,
    readonly headerEdits: readonly HeaderEdit[] = NO_EDITS,
    /** What the edits start from: the client's headers, unless the call is one of the gateway's own making. */
    readonly clientHeaders: RawHeaders = exchange.req.rawHeaders,
  ) {}

  /**
   * Replaces the path and keeps the query. Parameters are percent-encoded, each as one segment.
   *
   * @example call.to('/users/:id', { id })
   * @throws TypeError when a parameter is missing, empty or a dot segment
   */
  to<T extends string>(template: T, ...[params]: PathParamsArgument<T>): ForwardCall {
    const path = fillTemplate(template, params as Readonly<Record<string, ParamValue>> | undefined);
    return this.#copy(path, this.query, this.body, this.headerEdits);
  }

  /** Sets a header, replacing the client's. @throws TypeError on a malformed name or value, or a framing header */
  withHeader(name: string, value: string): ForwardCall {
    return this.withEdits([
      { kind: 'set', name: checkHeaderName(name), value: checkHeaderValue(name, value) },
    ]);
  }

  /** Removes a header of the client's. */
  withoutHeader(name: string): ForwardCall {
    return this.withEdits([{ kind: 'remove', name: checkHeaderName(name) }]);
  }

  /** Sets query parameters, each standing once; `undefined` removes one. The rest of the query stays as sent. */
  withQuery(parameters: Readonly<Record<string, string | number | boolean | undefined>>): ForwardCall {
    const edits = Object.entries(parameters).map(
      ([name, value]): HeaderEdit =>
        value === undefined ? { kind: 'remove', name } : { kind: 'set', name, value: String(value) },
    );
    return this.withQueryEdits(edits);
  }

  /** Replaces the body: a Buffer or string as it is, anything else as JSON with its content type. */
  withBody(body: Buffer | string | object): ForwardCall {
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(raw ? (body as string) : JSON.stringify(body));
    const edits: readonly HeaderEdit[] = raw
      ? this.headerEdits
      : [...this.headerEdits, { kind: 'set', name: 'content-type', value: 'application/json' }];
    return this.#copy(this.path, this.query, bytes, edits);
  }

  /** Appends header edits that were checked where they were declared. */
  withEdits(edits: readonly HeaderEdit[]): ForwardCall {
    return this.#copy(this.path, this.query, this.body, [...this.headerEdits, ...edits]);
  }

  /** Applies edits to the decoded query parameters. Names are compared with case. */
  withQueryEdits(edits: readonly HeaderEdit[]): ForwardCall {
    return this.#copy(this.path, editQuery(this.query, edits), this.body, this.headerEdits);
  }

  #copy(path: string, query: string, body: RequestBody, edits: readonly HeaderEdit[]): ForwardCall {
    return new ForwardCall(this.exchange, this.method, path, query, body, edits, this.clientHeaders);
  }
}

/** The lower-case name of a header that an edit may touch. @throws TypeError otherwise */
export function checkHeaderName(name: string): string {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name))
    throw new TypeError(`${JSON.stringify(name)} is not a header name (RFC 9110, section 5.1).`);
  if (FRAMING.has(lower)) throw new TypeError(`${name} frames the message; the gateway alone writes it.`);
  return lower;
}

/** @throws TypeError when a value holds CR, LF, NUL or a character outside latin1 */
export function checkHeaderValue(name: string, value: string): string {
  if (!isHeaderValue(value)) {
    throw new TypeError(
      `The value for ${name} holds a character no header may carry (RFC 9110, section 5.5).`,
    );
  }
  return value;
}

export const isHeaderValue = (value: string): boolean => FIELD_VALUE.test(value);
