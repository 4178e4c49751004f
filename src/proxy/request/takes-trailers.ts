/** Whether a field is a `TE` whose list holds `trailers`, a member that takes no parameter (RFC 9110, section 10.1.4). */
export function takesTrailers(name: string, value: string): boolean {
  if (name.toLowerCase() !== 'te') return false;
  return value.split(',').some((member) => member.trim().toLowerCase() === 'trailers');
}
