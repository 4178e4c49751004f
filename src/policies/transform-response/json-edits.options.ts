import { WRITING_VERBS } from '../../contracts/field-edits.js';
import { aListOfNames, namesToTexts } from '../../contracts/field-edits-check.js';
import { anyObject, checkOptions, type OptionRule, wholeNumber } from '../../contracts/option-check.js';
import type { JsonEdit } from '../json-body/json-edits.js';

/** Whatever JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * Changes to the members of a JSON object, the outermost only. They apply in this order, whatever order they are written
 * in: remove, rename, set, replace, add, append. Values are written as they are: nothing is filled in.
 */
export interface JsonEdits {
  readonly remove?: readonly string[];
  /** The member gets the other name, in place of one that had it. */
  readonly rename?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, JsonValue>>;
  /** Only when the name is there. */
  readonly replace?: Readonly<Record<string, JsonValue>>;
  /** Only when the name is absent. */
  readonly add?: Readonly<Record<string, JsonValue>>;
  /** Behind the values of a list; of any other value, a list is made. A list appends each of its values. */
  readonly append?: Readonly<Record<string, JsonValue>>;
  /** The longest answer that is taken into memory, before and after decompression; 1 byte to 64 MiB. Default 1 MiB. */
  readonly limitBytes?: number;
}

export const JSON_EDITS_DEFAULTS = { limitBytes: 1024 * 1024 } as const;

/** Parsing holds the event loop, about 20 ms a mebibyte: beyond this no limit is one. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Every problem of the edits, in plain words. */
export function checkJsonEdits(group: string, given: JsonEdits | undefined): string[] {
  if (given === undefined) return [];
  return checkOptions<JsonEdits>('', group, given, {
    remove: aListOfNames,
    rename: namesToTexts,
    set: namesToJson,
    replace: namesToJson,
    add: namesToJson,
    append: namesToJson,
    limitBytes: wholeNumber(1, MOST_BYTES),
  }).map(({ message }) => message);
}

/** The edits in the order they apply. */
export function jsonEdits(edits: JsonEdits): readonly JsonEdit[] {
  return Object.freeze([
    ...(edits.remove ?? []).map((name): JsonEdit => ({ kind: 'remove', name })),
    ...Object.entries(edits.rename ?? {}).map(([name, to]): JsonEdit => ({ kind: 'rename', name, to })),
    ...WRITING_VERBS.flatMap((kind) =>
      Object.entries(edits[kind] ?? {}).flatMap(([name, value]): JsonEdit[] =>
        kind === 'append' && Array.isArray(value)
          ? value.map((one: unknown) => ({ kind, name, value: one }))
          : [{ kind, name, value }],
      ),
    ),
  ]);
}

const namesToJson: OptionRule = (value) =>
  anyObject(value) === undefined && Object.values(value as object).every((one) => isJson(one))
    ? undefined
    : 'an object of names and JSON values';

/** Deeper than any value somebody writes down; one that holds itself never ends. */
const MOST_DEEP = 64;

function isJson(value: unknown, depth = 0): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MOST_DEEP) return false;
  if (Array.isArray(value)) return value.every((one) => isJson(one, depth + 1));
  const plain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  return plain && Object.values(value).every((one) => isJson(one, depth + 1));
}
