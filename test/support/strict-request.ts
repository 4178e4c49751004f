/** One request that is well-formed to the letter. */
export interface StrictRequest {
  /** Its bytes, one character each. */
  readonly raw: string;
  readonly method: string;
  readonly target: string;
  /** Names and values in the order they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Lines between the last chunk and the end. */
  readonly trailers: readonly string[];
}

/** What the start of some bytes is. */
export type StrictReading = { readonly request: StrictRequest } | 'unfinished' | { readonly wrong: string };

const REQUEST_LINE = /^([A-Z][A-Z-]*) (\/[\x21-\x22\x24-\x7e]*) HTTP\/1\.1$/;
const FIELD =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * Reads the first request of some bytes and forgives nothing: what an upstream with the narrowest reading of RFC 9112
 * would take. It shares no code with the gateway.
 */
export function readStrictRequest(bytes: string): StrictReading {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return 'unfinished';
  const [first = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined) return { wrong: `request line ${show(first)}` };
  const fields: [string, string][] = [];
  for (const line of lines) {
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name === undefined) return { wrong: `field ${show(line)}` };
    fields.push([name, value]);
  }

  const hosts = valuesOf(fields, 'host');
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (hosts.length !== 1) return { wrong: `${hosts.length} Host fields` };
  if (lengths.length + codings.length > 1) return { wrong: 'framed twice' };
  const message = { method, target, fields };
  const bodyAt = end + 4;
  if (codings.length > 0) {
    return codings[0] === 'chunked'
      ? readChunked(bytes, bodyAt, message)
      : { wrong: `Transfer-Encoding ${show(codings[0])}` };
  }
  const [length = '0'] = lengths;
  if (!/^(0|[1-9]\d{0,14})$/.test(length)) return { wrong: `Content-Length ${show(length)}` };
  const to = bodyAt + Number(length);
  if (bytes.length < to) return 'unfinished';
  return {
    request: { ...message, raw: bytes.slice(0, to), body: bytes.slice(bodyAt, to), trailers: [] },
  };
}

/** The values of a field, whatever the case of its name. */
export function valuesOf(fields: StrictRequest['fields'], lowerCaseName: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value);
}

function readChunked(
  bytes: string,
  from: number,
  message: Pick<StrictRequest, 'method' | 'target' | 'fields'>,
): StrictReading {
  let at = from;
  let body = '';
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return 'unfinished';
    const line = bytes.slice(at, end);
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) return { wrong: `chunk size ${show(line)}` };
    const size = Number.parseInt(line, 16);
    at = end + 2;
    if (size === 0) break;
    if (bytes.length < at + size + 2) return 'unfinished';
    body += bytes.slice(at, at + size);
    at += size + 2;
    if (bytes.slice(at - 2, at) !== '\r\n') return { wrong: 'a chunk that is longer than its size' };
  }
  const trailers: string[] = [];
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return 'unfinished';
    const line = bytes.slice(at, end);
    at = end + 2;
    if (line === '') return { request: { ...message, raw: bytes.slice(0, at), body, trailers } };
    trailers.push(line);
  }
}

const show = (text: unknown): string => JSON.stringify(text);
