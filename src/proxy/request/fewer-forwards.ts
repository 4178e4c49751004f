const COUNT = /^\d{1,15}$/;

/**
 * `Max-Forwards` as it goes on: one less for OPTIONS, where it has a meaning, and untouched with every other method
 * (RFC 9110, section 7.6.2). What is no number is left to the upstream.
 */
export function fewerForwards(method: string, value: string): string {
  if (method !== 'OPTIONS' || !COUNT.test(value)) return value;
  return String(Math.max(0, Number(value) - 1));
}
