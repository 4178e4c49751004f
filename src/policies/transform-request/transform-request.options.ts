import { editPhrases, type FieldEdits } from '../../contracts/field-edits.js';
import {
  checkFieldEdits,
  type FieldKind,
  HEADER_FIELDS,
  QUERY_PARAMETERS,
} from '../../contracts/field-edits-check.js';
import { checkedElsewhere, checkOptions } from '../../contracts/option-check.js';
import { fillUuids, parseTemplate } from '../../contracts/value-template.js';
import { CORRELATION_FIELD, CORRELATION_HEADER, isCorrelationId } from '../correlation-id/correlation-id.js';

/** Changes to the upstream request. They see the client's headers; the gateway's own are written after them. */
export interface TransformRequestOptions {
  readonly headers?: FieldEdits;
  readonly query?: FieldEdits;
}

/** What the gateway writes on every upstream request after all edits: an edit of it would do nothing. */
const WRITTEN_LAST: ReadonlySet<string> = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'via',
]);

const REQUEST_HEADERS: FieldKind = {
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
    const sample = template === undefined ? value : fillUuids(template, () => SAMPLE_UUID);
    if (!isCorrelationId(sample)) {
      throw new TypeError(
        `${CORRELATION_HEADER} cannot be ${JSON.stringify(value)}; an id is 1–128 letters, digits, dots, dashes and underscores.`,
      );
    }
  },
};

const SAMPLE_UUID = '00000000-0000-4000-8000-000000000000';

/** Every problem of a declaration, in plain words. */
export function checkTransformRequest(given: TransformRequestOptions): string[] {
  const problems = checkOptions<TransformRequestOptions>('', '', given, {
    headers: checkedElsewhere,
    query: checkedElsewhere,
  }).map(({ message }) => message);
  if (problems.length > 0) return problems;
  problems.push(
    ...checkFieldEdits('headers', given.headers, REQUEST_HEADERS),
    ...checkFieldEdits('query', given.query, QUERY_PARAMETERS),
  );
  if (problems.length === 0 && requestPhrases(given).length === 0) {
    problems.push('changes nothing; give headers or query with at least one edit.');
  }
  return problems;
}

/** The edits in words, for the boot table. */
export function requestPhrases({ headers, query }: TransformRequestOptions): string[] {
  return [...editPhrases(headers, ''), ...editPhrases(query, 'query ')];
}
