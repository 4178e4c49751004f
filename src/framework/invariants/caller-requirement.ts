import type { AccessRequirement } from '../../contracts/route-access.js';

/** What every caller of a route must have; see {@link scope}, {@link role} and {@link group}. */
export interface CallerRequirement {
  readonly words: string;
  /** Whether nobody passes this requirement of a route without having it. */
  readonly isMetBy: (requirement: AccessRequirement) => boolean;
}

/** A scope, or one of several. */
export const scope = (...names: [string, ...string[]]): CallerRequirement => oneOf('scope', names);

/** A role, or one of several. */
export const role = (...names: [string, ...string[]]): CallerRequirement => oneOf('role', names);

/** A group, or one of several. */
export const group = (...names: [string, ...string[]]): CallerRequirement => oneOf('group', names);

function oneOf(kind: AccessRequirement['kind'], names: readonly string[]): CallerRequirement {
  return {
    words: `the ${kind} ${names.join(' or ')}`,
    isMetBy: (asked) => asked.kind === kind && isEnough(asked, names),
  };
}

/** Where all names are asked for, one of ours among them is enough; where one is, each of them must be ours. */
export function isEnough({ match, names }: AccessRequirement, wanted: readonly string[]): boolean {
  if (names.length === 0) return false;
  return match === 'all'
    ? names.some((name) => wanted.includes(name))
    : names.every((name) => wanted.includes(name));
}
