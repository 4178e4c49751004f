import { parse } from 'node:querystring';
import type { Readable } from 'node:stream';
import type { Exchange } from '../../contracts/exchange.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { parseJson } from '../../contracts/json-names.js';
import { headerValue } from '../../contracts/raw-headers.js';

/** What a handler with `@Body()` may be given; larger bodies belong on a route that streams them. */
const HANDLER_BODY_BYTES = 1024 * 1024;

/**
 * Reads the body for a handler that asks for it. The upstream call keeps the very bytes the client sent,
 * never a re-serialised copy.
 *
 * @throws GatewayError `body-too-large`, or `bad-request` when JSON is malformed
 */
export async function readHandlerBody(
  exchange: Exchange,
  req: { body?: unknown; rawBody?: Buffer },
): Promise<void> {
  const { body, call } = exchange;
  if (body === undefined || call === undefined) return;
  const bytes = Buffer.isBuffer(body) ? body : await collect(body.stream);
  exchange.body = bytes;
  exchange.call = call.withBody(bytes);
  req.rawBody = bytes;
  req.body = decode(bytes, headerValue(exchange.req.rawHeaders, 'content-type') ?? '');
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > HANDLER_BODY_BYTES) throw new GatewayError('body-too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function decode(bytes: Buffer, contentType: string): unknown {
  const type = (contentType.split(';')[0] as string).trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) {
    try {
      return parseJson(bytes.toString('utf8'));
    } catch (cause) {
      throw new GatewayError('bad-request', { detail: 'The body is not valid JSON.', cause });
    }
  }
  if (type === 'application/x-www-form-urlencoded') return parse(bytes.toString('utf8'));
  return type.startsWith('text/') ? bytes.toString('utf8') : bytes;
}
