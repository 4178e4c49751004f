import { canonicalPath } from '../../contracts/canonical-path.js';

/** A prefix in the form in which requests have their paths. */
export interface PathPrefix {
  readonly text: string;
}

/** Every path with an unsound beginning is refused before anybody asks for its route. */
const UNREACHABLE =
  "must be the beginning of a path that requests can have: no empty segments ('//'), no '.' or '..' as a segment, " +
  'no escaped slash, backslash or NUL, whole escapes of UTF-8, and everything else that is no letter, digit or one of ' +
  "-._~!$&'()*+,;=:@ escaped; write it as requests send it, or as a regex behind a '~'";

/** The canonical form of a prefix; else what is wrong with it. */
export function parsePrefix(text: string): PathPrefix | string {
  const canonical = canonicalPath(text) ?? canonicalStart(text);
  return canonical === undefined ? UNREACHABLE : { text: canonical };
}

/** `/.` is no path, and yet the beginning of `/.well-known`. */
function canonicalStart(text: string): string | undefined {
  return text.endsWith('.') ? canonicalPath(`${text}x`)?.slice(0, -1) : undefined;
}
