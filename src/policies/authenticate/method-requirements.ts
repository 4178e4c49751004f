import type { AccessRequirement } from '../../contracts/route-access.js';
import { ANONYMOUS } from './anonymous/anonymous.options.js';
import type { AuthenticationDescriptor } from './authentication-method.js';
import { ALL_OF, ANY_OF, type CombinedOptions } from './combined/combined.options.js';

/**
 * What a declared method asks of callers: the methods it is made of, by name, and whether one of them is enough. Callers
 * without a credential are a requirement of their own, so that nobody takes them for known ones.
 */
export function methodRequirements(declared: AuthenticationDescriptor): readonly AccessRequirement[] {
  if (declared.method !== ALL_OF) return oneOf(leaves(declared));
  // Each part must accept the caller; a part that lets anonymous callers in asks for nothing.
  return methodsOf(declared).flatMap((part) => methodRequirements(part));
}

function oneOf(methods: readonly string[]): readonly AccessRequirement[] {
  const named = methods.filter((method) => method !== ANONYMOUS);
  const requirements: AccessRequirement[] = [];
  if (named.length > 0) requirements.push({ kind: 'authentication', match: 'any', names: named });
  if (named.length < methods.length) requirements.push({ kind: 'anonymous', match: 'any', names: [] });
  return requirements;
}

function leaves(declared: AuthenticationDescriptor): readonly string[] {
  if (declared.method !== ANY_OF && declared.method !== ALL_OF) return [declared.method];
  return [...new Set(methodsOf(declared).flatMap(leaves))];
}

function methodsOf({ options }: AuthenticationDescriptor): readonly AuthenticationDescriptor[] {
  return (options as CombinedOptions).methods;
}
