import { Readable } from 'node:stream';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import type { RequestBody } from '../../../../src/contracts/upstream-request.js';
import type { TransformRequestOptions } from '../../../../src/policies/transform-request/transform-request.options.js';
import { transformRequestStage } from '../../../../src/policies/transform-request/transform-request.stage.js';
import { counting, editedHeaders, exchangeOf } from './call.fixture.js';

export const JSON_TYPE = ['Content-Type', 'application/json'];
export const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded'];
export const multipartType = (boundary = 'B') => [
  'Content-Type',
  `multipart/form-data; boundary=${boundary}`,
];

/** A plain field of a form, as the text between two delimiters. */
export const field = (name: string, value: string) =>
  `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
export const multipart = (...parts: readonly string[]) =>
  `${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`;

/** A body that arrives in pieces. */
export function streamed(text: string, length: number | undefined = Buffer.byteLength(text)): RequestBody {
  const bytes = Buffer.from(text);
  const half = bytes.length >> 1;
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)].filter((piece) => piece.length > 0);
  return { stream: Readable.from(pieces, { objectMode: false }), length };
}

/** What an exchange that sent this body is after the stage. */
export async function afterStage(
  options: TransformRequestOptions,
  headers: readonly string[],
  body: RequestBody | string,
  method = 'POST',
  query = '',
): Promise<Exchange> {
  const exchange = exchangeOf(headers, query);
  exchange.body = typeof body === 'string' ? Buffer.from(body) : body;
  exchange.call = new ForwardCall(exchange, method, '/users/7', query, exchange.body);
  await transformRequestStage(options, counting())(exchange);
  return exchange;
}

/** The body that goes to the upstream, as text; `undefined` for none. */
export async function sent(...given: Parameters<typeof afterStage>): Promise<string | undefined> {
  const exchange = await afterStage(...given);
  const body = exchange.call?.body;
  if (body !== undefined && !Buffer.isBuffer(body)) throw new TypeError('The body was not read.');
  return body?.toString('utf8');
}

export const sentHeaders = (exchange: Exchange) => editedHeaders(exchange);
