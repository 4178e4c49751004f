import { HOP_BY_HOP } from '../../../../src/proxy/hop-by-hop.js';
import type { ResponseLimits } from '../../../../src/proxy/http1/response-limits.js';

/** What a reader makes of the bytes of one response. */
export interface Reading {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  /** Bytes after the response. */
  readonly extra: number;
}

const VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const FIELDS = `((?:[!#$%&'*+\\-.^_\`|~0-9A-Za-z]+:${VALUE}\\r\\n)*)\\r\\n`;
const HEAD = new RegExp(`^HTTP/1\\.([01]) ([1-9][0-9]{2})(?: ${VALUE})?\\r\\n${FIELDS}`);
const TRAILERS = new RegExp(`^${FIELDS}`);
const CHUNK = new RegExp(`^([0-9A-Fa-f]{1,13})(?:;(${VALUE}))?\\r\\n`);

/**
 * A second reading of the grammar, plain and slow, over the whole text at once: what the parser accepts, this must
 * accept, and nothing else. `undefined` means the bytes, with the connection's end after them, are no whole response.
 */
export function plainReading(
  input: string,
  answersHead: boolean,
  limits: ResponseLimits,
): Reading | undefined {
  let text = input;
  for (let informational = 0; ; informational++) {
    const match = HEAD.exec(text);
    if (match === null || match[0].length > limits.maxHeaderBytes) return undefined;
    const status = Number(match[2]);
    const minor = Number(match[1]);
    const fields = splitFields(match[3] as string);
    if (fields.length > limits.maxHeaderCount) return undefined;
    text = text.slice(match[0].length);

    const lengths = valuesOf(fields, 'content-length');
    const codings = valuesOf(fields, 'transfer-encoding');
    if (lengths.length + codings.length > 1) return undefined;
    if (lengths[0] !== undefined && !/^\d{1,15}$/.test(lengths[0])) return undefined;
    if (codings[0] !== undefined && (!/^chunked$/i.test(codings[0]) || minor === 0)) return undefined;

    if (status < 200) {
      if (status === 101 || lengths.length + codings.length > 0) return undefined;
      if (informational === limits.maxInformational) return undefined;
      continue;
    }

    const headers = endToEnd(fields);
    if (answersHead || status === 204 || status === 304) {
      return { status, headers, body: '', extra: text.length };
    }
    if (codings.length > 0) {
      const chunked = plainChunks(text, limits);
      return chunked && { status, headers, ...chunked };
    }
    if (lengths[0] === undefined) return { status, headers, body: text, extra: 0 };
    const length = Number(lengths[0]);
    if (text.length < length) return undefined;
    return { status, headers, body: text.slice(0, length), extra: text.length - length };
  }
}

function plainChunks(input: string, limits: ResponseLimits): { body: string; extra: number } | undefined {
  let text = input;
  let body = '';
  let extensionBytes = 0;
  for (;;) {
    const match = CHUNK.exec(text);
    if (match === null) return undefined;
    extensionBytes += match[2]?.length ?? 0;
    if (extensionBytes > limits.maxChunkExtensionBytes) return undefined;
    const size = Number.parseInt(match[1] as string, 16);
    text = text.slice(match[0].length);
    if (size === 0) break;
    if (text.slice(size, size + 2) !== '\r\n') return undefined;
    body += text.slice(0, size);
    text = text.slice(size + 2);
  }
  const trailers = TRAILERS.exec(text);
  if (trailers === null || trailers[0].length > limits.maxHeaderBytes) return undefined;
  if (splitFields(trailers[1] as string).length > limits.maxHeaderCount) return undefined;
  return { body, extra: text.length - trailers[0].length };
}

const splitFields = (text: string): [string, string][] =>
  text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')];
    });

const valuesOf = (fields: readonly [string, string][], name: string): string[] =>
  fields.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);

function endToEnd(fields: readonly [string, string][]): string[] {
  const named = valuesOf(fields, 'connection').flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((option) => option.trim())
      .filter((option) => option !== 'close' && option !== 'keep-alive'),
  );
  return fields
    .filter(([name]) => {
      const lower = name.toLowerCase();
      return !HOP_BY_HOP.has(lower) && lower !== 'content-length' && !named.includes(lower);
    })
    .flat();
}
