import { type FieldEdits, WRITING_VERBS, writtenFields } from './field-edits.js';
import { checkHeaderName, checkHeaderValue } from './forward-call.js';
import { anyObject, checkOptions, type OptionRule, type OptionRules, show } from './option-check.js';
import { type KnownPlaces, PLACES_IN_WORDS, unknownPlaces } from './value-template.js';

/** What kind of field is edited: the rules for its names and values. Each throws a TypeError with a sentence. */
export interface FieldKind {
  readonly checkName: (name: string) => void;
  /** The value may still hold places to fill. */
  readonly checkValue: (name: string, value: string) => void;
  /** What else is wrong with one verb for a name. */
  readonly checkVerb?: (verb: keyof FieldEdits, name: string) => void;
  /** What its values may hold. */
  readonly places: KnownPlaces;
}

export const HEADER_FIELDS: FieldKind = {
  checkName: (name) => void checkHeaderName(name),
  checkValue: (name, value) => void checkHeaderValue(name, value),
  places: 'uuid',
};

/** Names and values that are decoded text: query parameters, and members or fields of a body. */
function textFields(what: string): FieldKind {
  return {
    checkName(name) {
      if (name === '' || !name.isWellFormed())
        throw new TypeError(`${JSON.stringify(name)} is not a ${what}'s name.`);
    },
    checkValue(name, value) {
      if (!value.isWellFormed()) throw new TypeError(`The value for ${name} holds half a character.`);
    },
    places: 'all',
  };
}

export const QUERY_PARAMETERS: FieldKind = textFields('query parameter');
export const BODY_FIELDS: FieldKind = textFields('body field');

export const aListOfNames: OptionRule = (value) => (isTexts(value) ? undefined : 'a list of names');

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const objectOf =
  (isValue: (value: unknown) => boolean, wanted: string): OptionRule =>
  (value) =>
    anyObject(value) === undefined && Object.values(value as object).every(isValue) ? undefined : wanted;

export const namesToTexts = objectOf((text) => typeof text === 'string', 'an object of names and texts');

const RULES: OptionRules<FieldEdits> = {
  remove: aListOfNames,
  rename: namesToTexts,
  set: namesToTexts,
  replace: namesToTexts,
  add: namesToTexts,
  append: objectOf(
    (text) => typeof text === 'string' || isTexts(text),
    'an object of names and texts, or lists of texts',
  ),
};

/** Every problem of a group of edits, in plain words; `group` is `headers`, `query` or `body`. */
export function checkFieldEdits(
  group: string,
  edits: FieldEdits | undefined,
  kind: FieldKind,
  /** Rules for what else stands in the group. */
  besides: Readonly<Record<string, OptionRule>> = {},
): string[] {
  if (edits === undefined) return [];
  const problems = checkOptions<FieldEdits>('', group, edits, { ...RULES, ...besides }).map(
    ({ message }) => message,
  );
  if (problems.length > 0) return problems;

  const tell = (verb: keyof FieldEdits, check: () => void): void => {
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
    for (const name of Object.keys(edits[verb] ?? {})) {
      tell(verb, () => kind.checkName(name));
      tell(verb, () => kind.checkVerb?.(verb, name));
    }
    for (const [name, value] of writtenFields(edits, verb)) {
      tell(verb, () => kind.checkValue(name, value));
      for (const place of unknownPlaces(value, kind.places)) {
        problems.push(`${group}.${verb}: ${name} holds ${show(place)}; ${PLACES_IN_WORDS[kind.places]}.`);
      }
    }
  }
  return problems;
}
