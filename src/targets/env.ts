import type { Environment } from '../contracts/environment.js';
import type { EnvReference } from '../contracts/upstream-definition.js';

/**
 * Refers to an environment variable, read once at boot; an empty one counts as unset.
 *
 * @param fallback stands when the variable is unset; without it, an unset variable is a boot error
 * @example targets: env('USERS_URL', 'http://user-service:3001')
 */
export function env(variable: string, fallback?: string): EnvReference {
  return Object.freeze({ variable, fallback });
}

/** The value a reference stands for; `undefined` when the variable is unset and there is no fallback. */
export function readReference(reference: EnvReference, environment: Environment): string | undefined {
  // `Object.hasOwn`: a variable named `constructor` must not find the record's prototype.
  const value = Object.hasOwn(environment, reference.variable) ? environment[reference.variable] : undefined;
  return value === undefined || value.trim() === '' ? reference.fallback : value;
}
