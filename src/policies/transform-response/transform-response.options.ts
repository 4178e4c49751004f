import { editPhrases, type FieldEdits } from '../../contracts/field-edits.js';
import { checkFieldEdits, type FieldKind, HEADER_FIELDS } from '../../contracts/field-edits-check.js';
import { checkedElsewhere, checkOptions } from '../../contracts/option-check.js';
import { CORRELATION_FIELD, CORRELATION_HEADER } from '../correlation-id/correlation-id.js';

/** Changes to the headers of the answer; its status stays. */
export interface TransformResponseOptions {
  readonly headers: FieldEdits;
}

const RESPONSE_HEADERS: FieldKind = {
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
  const problems = checkOptions<TransformResponseOptions>('', '', given, { headers: checkedElsewhere }).map(
    ({ message }) => message,
  );
  if (problems.length > 0) return problems;
  problems.push(...checkFieldEdits('headers', given.headers, RESPONSE_HEADERS));
  if (problems.length === 0 && responsePhrases(given).length === 0) {
    problems.push('changes nothing; give headers with at least one edit.');
  }
  return problems;
}

/** The edits in words, for the boot table. */
export function responsePhrases({ headers }: TransformResponseOptions): string[] {
  return editPhrases(headers, '');
}
