import { editPhrases, type FieldEdits } from '../../contracts/field-edits.js';
import { checkFieldEdits, type FieldKind, HEADER_FIELDS } from '../../contracts/field-edits-check.js';
import { checkedElsewhere, checkOptions } from '../../contracts/option-check.js';
import { CORRELATION_FIELD, CORRELATION_HEADER } from '../correlation-id/correlation-id.js';
import { checkJsonEdits, JSON_EDITS_DEFAULTS, type JsonEdits } from './json-edits.options.js';

/** Changes to the answer; its status stays. */
export interface TransformResponseOptions {
  /** The only place to fill is `$(uuid)`. */
  readonly headers?: FieldEdits;
  /** Members of JSON answers. These are taken into memory; all others pass as they are. */
  readonly json?: JsonEdits;
}

const RESPONSE_HEADERS: FieldKind = {
  places: HEADER_FIELDS.places,
  checkName(name) {
    HEADER_FIELDS.checkName(name);
    // By now the upstream and the log have the id: another one on the answer would name nothing.
    if (name.toLowerCase() === CORRELATION_FIELD) {
      throw new TypeError(
        `${CORRELATION_HEADER} on the answer is the exchange's id; @TransformRequest can choose it.`,
      );
    }
  },
  checkValue: HEADER_FIELDS.checkValue,
};

/** Every problem of a declaration, in plain words. */
export function checkTransformResponse(given: TransformResponseOptions): string[] {
  const problems = checkOptions<TransformResponseOptions>('', '', given, {
    headers: checkedElsewhere,
    json: checkedElsewhere,
  }).map(({ message }) => message);
  if (problems.length > 0) return problems;
  problems.push(
    ...checkFieldEdits('headers', given.headers, RESPONSE_HEADERS),
    ...checkJsonEdits('json', given.json),
  );
  if (problems.length === 0 && responsePhrases(given).length === 0) {
    problems.push('changes nothing; give headers or json with at least one edit.');
  }
  return problems;
}

/** The edits in words, for the boot table. */
export function responsePhrases({ headers, json }: TransformResponseOptions): string[] {
  return [...editPhrases(headers, ''), ...editPhrases(json, 'json ')];
}

/** The most that a route with these options takes into memory; `undefined` when it takes nothing. */
export function responseBufferBytes({ json }: TransformResponseOptions): number | undefined {
  if (editPhrases(json, '').length === 0) return undefined;
  return json?.limitBytes ?? JSON_EDITS_DEFAULTS.limitBytes;
}
