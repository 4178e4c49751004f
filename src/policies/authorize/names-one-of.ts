/** Whether a claim, a list of names or one name, holds one of these. */
export function namesOneOf(claim: unknown, names: ReadonlySet<string>): boolean {
  if (typeof claim === 'string') return names.has(claim);
  return Array.isArray(claim) && claim.some((name) => names.has(name));
}
