import type { RawHeaders } from '../../../contracts/raw-headers.js';

/** Every value of a cookie (RFC 6265, section 5.4), of all `Cookie` fields, as sent. */
export function cookieValues(headers: RawHeaders, name: string): readonly string[] {
  const found: string[] = [];
  for (const crumb of crumbsOf(headers)) if (isOf(crumb, name)) found.push(textOf(crumb));
  return found;
}

/** The `Cookie` field without that cookie: `''` when nothing is left, `undefined` when it does not stand there. */
export function cookieWithout(headers: RawHeaders, name: string): string | undefined {
  const crumbs = crumbsOf(headers);
  const kept = crumbs.filter((crumb) => !isOf(crumb, name));
  return kept.length === crumbs.length ? undefined : kept.join('; ');
}

/** A value without the quotes that may stand around it (RFC 6265, section 4.1.1). */
export function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function crumbsOf(headers: RawHeaders): readonly string[] {
  const crumbs: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const field = headers[i] as string;
    if (field.length !== 6 || field.toLowerCase() !== 'cookie') continue;
    for (const crumb of (headers[i + 1] as string).split(';')) {
      const trimmed = crumb.trim();
      if (trimmed !== '') crumbs.push(trimmed);
    }
  }
  return crumbs;
}

/** A crumb that is a name alone counts as that cookie, of an empty value: it is looked at, and taken out. */
function isOf(crumb: string, name: string): boolean {
  const cut = crumb.indexOf('=');
  return (cut < 0 ? crumb : crumb.slice(0, cut).trimEnd()) === name;
}

function textOf(crumb: string): string {
  const cut = crumb.indexOf('=');
  return cut < 0 ? '' : crumb.slice(cut + 1).trimStart();
}
