import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { RequestBody } from '../contracts/upstream-request.js';
import { canonicalPath, isSoundQuery } from './canonical-path.js';
import { clientAddress, plainAddress } from './client-address.js';

export interface IntakeLimits {
  readonly maxUrlBytes: number;
  readonly maxHeaderCount: number;
}

export interface IntakeOptions {
  readonly limits: IntakeLimits;
  /** Peers whose forwarding headers are believed; `undefined` believes nobody. */
  readonly trustedProxies: BlockList | undefined;
  /** The correlation id of the request's headers when it is a valid one, else a new one. */
  readonly correlate: (rawHeaders: readonly string[]) => string;
  readonly now: () => number;
}

/** What intake made of a request: the exchange, with the reason when the request is refused. */
export interface Intake {
  readonly exchange: Exchange;
  readonly refusal: GatewayError | undefined;
}

/**
 * Opens the exchange of a request: correlation id, client address, canonical path, body.
 * A request that can be read in two ways gets an exchange too, so that its refusal is correlated and recorded.
 */
export function openExchange(req: IncomingMessage, res: ServerResponse, options: IntakeOptions): Intake {
  const startedAt = options.now();
  const url = req.url as string;
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark);
  const path = canonicalPath(rawPath);
  const { rawHeaders } = req;
  const method = req.method as string;
  const peer = plainAddress(req.socket.remoteAddress);
  const address =
    options.trustedProxies === undefined
      ? peer
      : clientAddress(peer, req.headers['x-forwarded-for'] as string | undefined, options.trustedProxies);
  const exchange = new Exchange(
    req,
    res,
    method,
    path ?? '/',
    query,
    address,
    options.correlate(rawHeaders),
    startedAt,
    requestBody(req),
  );
  const refusal = refuse(url, path, query, rawHeaders, options.limits);
  // Express and everything behind it sees the path that was judged.
  if (path !== undefined && path !== rawPath) req.url = path + query;
  return { exchange, refusal };
}

function refuse(
  url: string,
  path: string | undefined,
  query: string,
  rawHeaders: readonly string[],
  limits: IntakeLimits,
): GatewayError | undefined {
  if (url.length > limits.maxUrlBytes) return new GatewayError('uri-too-long');
  if (rawHeaders.length > limits.maxHeaderCount * 2) return new GatewayError('headers-too-large');
  if (hasTwoHosts(rawHeaders)) {
    return new GatewayError('bad-request', { detail: 'The Host header was sent more than once.' });
  }
  if (path === undefined) return new GatewayError('ambiguous-path');
  if (query !== '' && !isSoundQuery(query)) {
    return new GatewayError('bad-request', {
      detail: 'The query holds a character that must be percent-encoded.',
    });
  }
  return undefined;
}

/** RFC 9112, section 3.2: node:http refuses a request without a Host, but takes the first of two. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let found = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (found) return true;
    found = true;
  }
  return false;
}

/** RFC 9112, section 6.3: a request has a body when it says so, whatever its method. */
function requestBody(req: IncomingMessage): RequestBody {
  const { rawHeaders } = req;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      const length = Number(rawHeaders[i + 1]);
      return length === 0 ? undefined : bodyOf(req, length);
    }
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return bodyOf(req, undefined);
  }
  return undefined;
}

function bodyOf(req: IncomingMessage, length: number | undefined): RequestBody {
  // Whoever reads the body may have stopped listening by the time node tells it that the client left in the middle of
  // it; an error event that nobody listens to would end the process.
  req.on('error', ignore);
  return { stream: req, length };
}

const ignore = (): void => {};
