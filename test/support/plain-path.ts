/** What a segment may hold unescaped (RFC 3986, section 3.3). */
const PCHAR = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]$/;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/**
 * The canonical path once more, from the rules as they are documented and one octet at a time: `undefined` for a path
 * that could be read in more than one way.
 */
export function plainPath(raw: string): string | undefined {
  if (!raw.startsWith('/')) return undefined;
  const segments: string[] = [];
  for (const text of raw.slice(1).split('/')) {
    const segment = plainSegment(text);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  // One empty segment may stand at the end: that is the trailing slash.
  if (segments.slice(0, -1).includes('')) return undefined;
  return `/${segments.join('/')}`;
}

/** One segment: octets decoded, judged, and written again. */
function plainSegment(text: string): string | undefined {
  const octets: number[] = [];
  let written = '';
  for (let at = 0; at < text.length; ) {
    const character = text[at] as string;
    if (character !== '%') {
      if (!PCHAR.test(character)) return undefined;
      octets.push(character.charCodeAt(0));
      written += character;
      at += 1;
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
    const octet = Number.parseInt(digits, 16);
    const decoded = String.fromCharCode(octet);
    if (decoded === '/' || decoded === '\\' || decoded === '\0') return undefined;
    octets.push(octet);
    written += UNRESERVED.test(decoded) ? decoded : `%${digits.toUpperCase()}`;
    at += 3;
  }
  const decoded = decodeUtf8(octets);
  if (decoded === undefined) return undefined;
  // Everything behind the first semicolon is a parameter to some upstreams.
  const [name] = decoded.split(';');
  return name === '.' || name === '..' ? undefined : written;
}

function decodeUtf8(octets: readonly number[]): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets));
  } catch {
    return undefined;
  }
}
