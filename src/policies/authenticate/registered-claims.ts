/** A NumericDate after 1970 (RFC 7519, section 2). JSON's 1e400 reads as Infinity, which is no date. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Whether `aud`, one name or a list, has one of our own names (RFC 7519, section 4.1.3). */
export function isMeantFor(audience: unknown, own: readonly string[]): boolean {
  if (typeof audience === 'string') return own.includes(audience);
  return Array.isArray(audience) && own.some((name) => audience.includes(name));
}
