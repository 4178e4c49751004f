import type { EnvReference } from './upstream-definition.js';

/** Injects the Environment the gateway was started with. */
export const ENVIRONMENT = Symbol('portcullis.environment');

/** The environment as a process has it; a test hands in its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value a reference stands for; `undefined` when the variable is unset and there is no fallback. */
export function readReference(reference: EnvReference, environment: Environment): string | undefined {
  // `Object.hasOwn`: a variable named `constructor` must not find the record's prototype.
  const value = Object.hasOwn(environment, reference.variable) ? environment[reference.variable] : undefined;
  return value === undefined || value.trim() === '' ? reference.fallback : value;
}
