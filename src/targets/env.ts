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
