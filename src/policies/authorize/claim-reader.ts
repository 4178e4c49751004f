import type { Claims } from '../../contracts/principal.js';

/** Reads one claim, wherever an issuer puts it. Made once per route. */
export type ClaimReader = (claims: Claims) => unknown;

/**
 * The claim of exactly this name, else what stands at the path (`realm_access.roles`).
 * Exact first, because names such as `https://example.com/roles` hold dots that are no path.
 */
export function claimReader(name: string): ClaimReader {
  const path = name.split('.');
  return (claims) => (Object.hasOwn(claims, name) ? claims[name] : walk(claims, path));
}

/** Own members only: `constructor` and `__proto__` are no claims. */
function walk(claims: Claims, path: readonly string[]): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}

/** Whether a claim, a list of names or one name, holds one of these. */
export function namesOneOf(claim: unknown, names: ReadonlySet<string>): boolean {
  if (typeof claim === 'string') return names.has(claim);
  return Array.isArray(claim) && claim.some((name) => names.has(name));
}
