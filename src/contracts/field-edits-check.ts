import { type FieldEdits, WRITING_VERBS } from './field-edits.js';
import { checkHeaderName, checkHeaderValue } from './forward-call.js';
import { anyObject, checkOptions, type OptionRule, show } from './option-check.js';
import { unknownPlaces } from './value-template.js';

/** What kind of field is edited: the rules for its names and values. Each throws a TypeError with a sentence. */
export interface FieldKind {
  readonly checkName: (name: string) => void;
  /** The value may still hold `$(uuid)`. */
  readonly checkValue: (name: string, value: string) => void;
}

export const HEADER_FIELDS: FieldKind = {
  checkName: (name) => void checkHeaderName(name),
  checkValue: (name, value) => void checkHeaderValue(name, value),
};

export const QUERY_PARAMETERS: FieldKind = {
  checkName(name) {
    if (name === '' || !name.isWellFormed()) {
      throw new TypeError(`${JSON.stringify(name)} is not a query parameter's name.`);
    }
  },
  checkValue(name, value) {
    if (!value.isWellFormed()) throw new TypeError(`The value for ${name} holds half a character.`);
  },
};

const aListOfNames: OptionRule = (value) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') ? undefined : 'a list of names';

const namesToTexts: OptionRule = (value) =>
  anyObject(value) === undefined && Object.values(value as object).every((text) => typeof text === 'string')
    ? undefined
    : 'an object of names and texts';

/** Every problem of a group of edits, in plain words; `group` is `headers` or `query`. */
export function checkFieldEdits(group: string, edits: FieldEdits | undefined, kind: FieldKind): string[] {
  if (edits === undefined) return [];
  const problems = checkOptions<FieldEdits>('', group, edits, {
    remove: aListOfNames,
    rename: namesToTexts,
    set: namesToTexts,
    add: namesToTexts,
    append: namesToTexts,
  }).map(({ message }) => message);
  if (problems.length > 0) return problems;

  const tell = (verb: string, check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(`${group}.${verb}: ${error.message}`);
    }
  };
  for (const name of edits.remove ?? []) tell('remove', () => kind.checkName(name));
  for (const names of Object.entries(edits.rename ?? {})) {
    for (const name of names) tell('rename', () => kind.checkName(name));
  }
  for (const verb of WRITING_VERBS) {
    for (const [name, value] of Object.entries(edits[verb] ?? {})) {
      tell(verb, () => kind.checkName(name));
      tell(verb, () => kind.checkValue(name, value));
      for (const place of unknownPlaces(value)) {
        problems.push(`${group}.${verb}: ${name} holds ${show(place)}; only $(uuid) can be filled in.`);
      }
    }
  }
  return problems;
}
