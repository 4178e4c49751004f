/** Whether a claim, a list of roles or one role, names a wanted one. */
export function holdsRole(claim: unknown, wanted: ReadonlySet<string>): boolean {
  if (typeof claim === 'string') return wanted.has(claim);
  return Array.isArray(claim) && claim.some((role) => wanted.has(role));
}
