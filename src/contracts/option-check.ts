import type { ConfigProblem } from './config-problem.js';
import { editDistance } from './edit-distance.js';

/** What an option's value must be, in words that finish "… is 150; must be …"; `undefined` when the value is sound. */
export type OptionRule = (value: unknown) => string | undefined;

/** One rule for every option there is: a new option without a rule does not compile. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

/**
 * Every mistake in a group of options: unknown names with the nearest valid one, and values out of range.
 * An option that is `undefined` counts as left out.
 *
 * @param group how the group is spelled in front of an option, `breaker`; `''` for the outermost
 */
export function checkOptions<Options>(
  where: string,
  group: string,
  given: unknown,
  rules: OptionRules<Options>,
): ConfigProblem[] {
  const prefix = group === '' ? '' : `${group}.`;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [{ where, message: `${group || 'The options'} is ${show(given)}; must be an object of options.` }];
  }
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) {
      problems.push({ where, message: unknownOption(`${prefix}${name}`, name, prefix, Object.keys(rules)) });
      continue;
    }
    const wanted = value === undefined ? undefined : rules[name as keyof Options](value);
    if (wanted !== undefined)
      problems.push({ where, message: `${prefix}${name} is ${show(value)}; must be ${wanted}.` });
  }
  return problems;
}

/** A whole number of `least`–`most`. */
export const wholeNumber =
  (least: number, most: number): OptionRule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number, ${least}–${most}`;

/** Any number of `least`–`most`. */
export const numberWithin =
  (least: number, most: number): OptionRule =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most ? undefined : `${least}–${most}`;

/** A list of whole numbers of `least`–`most`; it may be empty. */
export const wholeNumbers =
  (least: number, most: number): OptionRule =>
  (value) =>
    Array.isArray(value) && value.every((one) => wholeNumber(least, most)(one) === undefined)
      ? undefined
      : `a list of whole numbers, ${least}–${most}`;

export const trueOrFalse: OptionRule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');

export const anyObject: OptionRule = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object';

/** For an option whose value has checks of its own. */
export const checkedElsewhere: OptionRule = () => undefined;

/** The given options over the defaults; an option that is `undefined` keeps its default. */
export function withDefaults<Options extends object>(
  defaults: Required<Options>,
  given: Options,
): Readonly<Required<Options>> {
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return Object.freeze({ ...defaults, ...stated });
}

/** A value as a message shows it: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function unknownOption(path: string, name: string, prefix: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined
    ? `${path} is not an option; there are ${known.join(', ')}.`
    : `${path} is not an option; did you mean ${prefix}${nearest}?`;
}

/** The known name that a typing mistake was meant to be; `undefined` when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 2));
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= least && (nearest === undefined || distance < least)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}
