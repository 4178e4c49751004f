import { editPhrases, type FieldEdits } from '../../contracts/field-edits.js';
import {
  BODY_FIELDS,
  checkFieldEdits,
  type FieldKind,
  HEADER_FIELDS,
  QUERY_PARAMETERS,
} from '../../contracts/field-edits-check.js';
import {
  checkedElsewhere,
  checkOptions,
  type OptionRule,
  wholeNumber,
} from '../../contracts/option-check.js';
import { fillPlaces, parseTemplate } from '../../contracts/value-template.js';
import { CORRELATION_FIELD, CORRELATION_HEADER, isCorrelationId } from '../correlation-id/correlation-id.js';
import { checkUpstreamPath } from './upstream-path.js';

/** Changes to the upstream request. They see the client's; the gateway's own headers are written after them. */
export interface TransformRequestOptions {
  /** Names are compared without case. `Host` can be set and replaced; nothing is added to it. */
  readonly headers?: FieldEdits;
  /** Names are compared decoded and with case; parameters that no edit names keep their bytes. */
  readonly query?: FieldEdits;
  /** Fields of JSON objects and forms. The body is taken into memory. */
  readonly body?: BodyEdits;
  /** The upstream's method, in capitals. With `GET` and `HEAD` the fields of a form also go into the query. */
  readonly method?: string;
  /** The upstream's path, from its root, in place of the route's; the query stays. It may hold places: `'/v2/$(uri_captures.id)'`. */
  readonly path?: string;
}

/**
 * Changes to the fields of a body: the members of a JSON object, the fields of `application/x-www-form-urlencoded` and
 * `multipart/form-data`. Only the outermost; what is written is text. Bodies of other types pass as they are. Beside the
 * edits of `FieldEdits` it holds:
 */
export type BodyEdits = FieldEdits & {
  /** The longest body that is taken into memory, 1 byte to 64 MiB; 413 beyond. Default 1 MiB. */
  readonly limitBytes?: number;
  /**
   * What becomes of a body that is not what its type says, or is in a content coding: `'refuse'` answers 400, `'pass'`
   * sends it on unchanged, as Kong does. Default `'refuse'`.
   */
  readonly unreadable?: 'refuse' | 'pass';
};

export const BODY_EDITS_DEFAULTS = { limitBytes: 1024 * 1024, unreadable: 'refuse' } as const;

/** Parsing holds the event loop, about 20 ms a mebibyte: beyond this no limit is one. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What the gateway writes on every upstream request after all edits: an edit of it would do nothing. */
const WRITTEN_LAST: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'via',
]);

const REQUEST_HEADERS: FieldKind = {
  places: 'all',
  checkName(name) {
    HEADER_FIELDS.checkName(name);
    if (WRITTEN_LAST.has(name.toLowerCase())) {
      throw new TypeError(`${name} is written by the gateway after every transform.`);
    }
  },
  checkValue(name, value) {
    HEADER_FIELDS.checkValue(name, value);
    if (name.toLowerCase() !== CORRELATION_FIELD) return;
    const template = parseTemplate(value);
    const sample = template === undefined ? value : fillPlaces(template, () => SAMPLE_UUID);
    if (!isCorrelationId(sample ?? '')) {
      throw new TypeError(
        `${CORRELATION_HEADER} cannot be ${JSON.stringify(value)}; an id is 1–128 letters, digits, dots, dashes and underscores.`,
      );
    }
  },
  checkVerb(verb, name) {
    if ((verb === 'add' || verb === 'append') && name.toLowerCase() === 'host') {
      throw new TypeError('every request has one Host; set or replace it.');
    }
  },
};

const SAMPLE_UUID = '00000000-0000-4000-8000-000000000000';

/** CONNECT asks for a tunnel, TRACE for what was sent, credentials included. */
const aMethod: OptionRule = (value) =>
  typeof value === 'string' && /^[A-Z]{1,32}$/.test(value) && value !== 'CONNECT' && value !== 'TRACE'
    ? undefined
    : "a method in capitals, but neither 'CONNECT' nor 'TRACE'";

const refuseOrPass: OptionRule = (value) =>
  value === 'refuse' || value === 'pass' ? undefined : "'refuse' or 'pass'";

const aText: OptionRule = (value) => (typeof value === 'string' ? undefined : 'a text');

/** Every problem of a declaration, in plain words. */
export function checkTransformRequest(given: TransformRequestOptions): string[] {
  const problems = checkOptions<TransformRequestOptions>('', '', given, {
    headers: checkedElsewhere,
    query: checkedElsewhere,
    body: checkedElsewhere,
    method: aMethod,
    path: aText,
  }).map(({ message }) => message);
  if (problems.length > 0) return problems;
  problems.push(
    ...checkFieldEdits('headers', given.headers, REQUEST_HEADERS),
    ...checkFieldEdits('query', given.query, QUERY_PARAMETERS),
    ...checkFieldEdits('body', given.body, BODY_FIELDS, {
      limitBytes: wholeNumber(1, MOST_BYTES),
      unreadable: refuseOrPass,
    }),
    ...(given.path === undefined ? [] : checkUpstreamPath(given.path)),
  );
  if (problems.length === 0 && requestPhrases(given).length === 0) {
    problems.push('changes nothing; give headers, query or body with at least one edit, a method or a path.');
  }
  return problems;
}

/** The edits in words, for the boot table. */
export function requestPhrases({ headers, query, body, method, path }: TransformRequestOptions): string[] {
  return [
    ...(method === undefined ? [] : [`method ${method}`]),
    ...(path === undefined ? [] : [`path ${path}`]),
    ...editPhrases(headers, ''),
    ...editPhrases(query, 'query '),
    ...editPhrases(body, 'body '),
  ];
}

/** The most that a route with these options takes into memory; `undefined` when it takes nothing. */
export function requestBufferBytes({ body, method }: TransformRequestOptions): number | undefined {
  const reads = editPhrases(body, '').length > 0 || method === 'GET' || method === 'HEAD';
  return reads ? (body?.limitBytes ?? BODY_EDITS_DEFAULTS.limitBytes) : undefined;
}
