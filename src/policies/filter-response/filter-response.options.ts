import {
  anyObject,
  checkedElsewhere,
  checkOptions,
  show,
  wholeNumber,
} from '../../contracts/option-check.js';
import type { FieldPath } from './field-path.js';

/** Which fields leave the gateway: everything but `omit`, or nothing but `pick`. */
export type FilterResponseOptions<T = unknown> = (
  | {
      /** Fields that never leave, as dotted paths; arrays are looked through. */
      readonly omit: readonly FieldPath<T>[];
      readonly pick?: never;
    }
  | {
      /** The only fields that leave, as dotted paths; arrays are looked through. */
      readonly pick: readonly FieldPath<T>[];
      readonly omit?: never;
    }
) & {
  /** The longest body that is taken into memory, before and after decompression; 1 byte to 64 MiB. Default 1 MiB. */
  readonly limitBytes?: number;
};

export const FILTER_RESPONSE_DEFAULTS = { limitBytes: 1024 * 1024 } as const;

/** Parsing holds the event loop, about 20 ms a mebibyte: beyond this no limit is one. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface ResolvedFilterResponse {
  readonly mode: 'omit' | 'pick';
  readonly paths: readonly string[];
  readonly limitBytes: number;
}

export function resolveFilterResponse(given: FilterResponseOptions): ResolvedFilterResponse {
  return Object.freeze({
    mode: given.pick === undefined ? 'omit' : 'pick',
    paths: Object.freeze([...(given.pick ?? given.omit ?? [])]),
    limitBytes: given.limitBytes ?? FILTER_RESPONSE_DEFAULTS.limitBytes,
  });
}

/** Every problem of a declaration, in plain words. It may come from a file, where types promised nothing. */
export function checkFilterResponse(given: FilterResponseOptions): string[] {
  const problems = checkOptions<Required<FilterResponseOptions>>('', '', given, {
    omit: checkedElsewhere,
    pick: checkedElsewhere,
    limitBytes: wholeNumber(1, MOST_BYTES),
  }).map(({ message }) => message);
  if (anyObject(given) !== undefined) return problems;
  const { omit, pick } = given as { omit?: unknown; pick?: unknown };
  if (omit !== undefined && pick !== undefined) problems.push('omit and pick are both given; choose one.');
  if (omit === undefined && pick === undefined) problems.push('names no field; give omit or pick.');
  if (omit !== undefined) problems.push(...checkPaths('omit', omit));
  if (pick !== undefined) problems.push(...checkPaths('pick', pick));
  return problems;
}

function checkPaths(option: string, paths: unknown): string[] {
  if (!Array.isArray(paths) || paths.length === 0) {
    return [
      `${option} is ${show(paths)}; must list at least one path (@Unfiltered('why') passes everything).`,
    ];
  }
  return paths
    .filter((path) => typeof path !== 'string' || path.split('.').includes(''))
    .map((path) => `${option} holds ${show(path)}; must be field names joined by single dots.`);
}
