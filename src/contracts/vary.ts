import { headerValue, type RawHeaders, withoutHeader } from './raw-headers.js';

/** Says that an answer depends on a request field, once, beside whatever else it depends on (RFC 9110, section 12.5.5). */
export function varyBy(headers: RawHeaders, name: string): string[] {
  const lower = name.toLowerCase();
  if (headerValue(headers, 'vary') === undefined) return [...headers, 'Vary', name];
  const names: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== 'vary') continue;
    for (const one of (headers[i + 1] as string).split(',')) if (one.trim() !== '') names.push(one.trim());
  }
  if (names.some((one) => one === '*' || one.toLowerCase() === lower)) return [...headers];
  return [...withoutHeader(headers, 'vary'), 'Vary', [...names, name].join(', ')];
}
