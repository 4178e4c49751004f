/**
 * Header fields as they stood on the wire: name, value, name, value … with the sender's spelling and order.
 * The shape of node:http's `rawHeaders`; no object is built from them on the request path.
 */
export type RawHeaders = readonly string[];

/** The first value of a field, compared without case; `undefined` when absent. */
export function headerValue(headers: RawHeaders, lowerCaseName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) {
      return headers[i + 1];
    }
  }
  return undefined;
}

/**
 * All values of a field as one text (RFC 9110, section 5.3), compared without case; `undefined` when absent. For where it is
 * not ours to guess which of two an upstream believes.
 */
export function joinedHeader(headers: RawHeaders, lowerCaseName: string): string | undefined {
  let joined: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== lowerCaseName.length || name.toLowerCase() !== lowerCaseName) continue;
    const value = headers[i + 1] as string;
    joined = joined === undefined ? value : `${joined}, ${value}`;
  }
  return joined;
}

/** A copy without any field of that name. */
export function withoutHeader(headers: RawHeaders, lowerCaseName: string): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) continue;
    kept.push(name, headers[i + 1] as string);
  }
  return kept;
}

/** A copy in which the field stands once, with this value. */
export function withHeader(headers: RawHeaders, name: string, value: string): string[] {
  const copy = withoutHeader(headers, name.toLowerCase());
  copy.push(name, value);
  return copy;
}
