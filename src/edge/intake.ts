import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockList } from 'node:net';
import { canonicalPath } from '../contracts/canonical-path.js';
import type { DownstreamReply, DownstreamRequest, FramedRequest } from '../contracts/downstream.js';
import { Exchange } from '../contracts/exchange.js';
import { GatewayError } from '../contracts/gateway-error.js';
import type { RequestBody } from '../contracts/upstream-request.js';
import { type ForwardedClient, forwardedClient } from './forwarded-client.js';
import { endBehindUpgrade } from './ignored-upgrade.js';
import { type Peer, peerOf } from './peer-address.js';
import { RequestFields } from './request-fields.js';
import { type IntakeLimits, refusalOf } from './request-refusal.js';
import { ASTERISK, originForm, type TargetContext } from './request-target.js';
import { ClientEnd } from './upgrade/client-end.js';

export interface IntakeOptions {
  readonly limits: IntakeLimits;
  /** Peers whose forwarding headers are believed; `undefined` believes nobody. */
  readonly trustedProxies: BlockList | undefined;
  /** Told of each request whose forwarding headers are replaced because its peer is not trusted. */
  readonly forwardingIgnored?: (peer: string, header: string) => void;
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
 *
 * @param known the canonical path, where somebody had to find it before
 */
export function openExchange(
  req: DownstreamRequest,
  res: DownstreamReply,
  options: IntakeOptions,
  known?: string,
): Intake {
  const startedAt = options.now();
  const url = req.url as string;
  const { rawHeaders } = req;
  const method = req.method as string;
  FIELDS.read(rawHeaders);
  const target = url.charCodeAt(0) === SLASH ? url : otherForm(req, url, method);
  const mark = target === undefined ? -1 : target.indexOf('?');
  const rawPath = mark < 0 ? target : (target as string).slice(0, mark);
  const query = mark < 0 ? '' : (target as string).slice(mark);
  const path = known ?? (rawPath === undefined || rawPath === ASTERISK ? rawPath : canonicalPath(rawPath));
  const peer = peerOf(req.socket);
  const client = FIELDS.forwarding === undefined ? undefined : clientBehind(peer, rawHeaders, options);
  const exchange = new Exchange(
    req,
    res,
    method,
    path ?? '/',
    query,
    client === undefined ? peer.address : client.address,
    options.correlate(rawHeaders),
    startedAt,
    requestBody(req, FIELDS),
  );
  exchange.forwarded = client === undefined ? peer.reached : client.origin;
  const refusal = refusalOf(req, FIELDS, target, path, query, options.limits);
  if (FIELDS.upgrades && req.framed === undefined) {
    endBehindUpgrade(req as IncomingMessage, res as ServerResponse);
    exchange.upgrading = ClientEnd.of(req) !== undefined;
  }
  // Express and everything behind it sees the path that was judged.
  if (path !== undefined && (path !== rawPath || target !== url)) req.url = path + query;
  return { exchange, refusal };
}

const SLASH = 0x2f;
/** Nothing is awaited while it is in use, so one is enough. */
const FIELDS = new RequestFields();

/** A target that is no path. Where frames say scheme and authority, the target does not (RFC 9113, section 8.3.1). */
function otherForm(req: DownstreamRequest, url: string, method: string): string | undefined {
  return req.framed === undefined || url === ASTERISK ? originForm(url, contextOf(req, method)) : undefined;
}

/** The client that forwarding headers name; `undefined` when the peer is not believed. */
function clientBehind(
  peer: Peer,
  rawHeaders: readonly string[],
  { trustedProxies, forwardingIgnored }: IntakeOptions,
): ForwardedClient | undefined {
  const client = trustedProxies === undefined ? undefined : forwardedClient(peer, rawHeaders, trustedProxies);
  if (client === undefined) forwardingIgnored?.(peer.address, FIELDS.forwarding as string);
  return client;
}

function contextOf(req: DownstreamRequest, method: string): TargetContext {
  return { method, host: FIELDS.host, secure: req.socket.encrypted === true };
}

/** RFC 9112, section 6.3: a request has a body when it says so, whatever its method. */
function requestBody(req: DownstreamRequest, { coding, length }: RequestFields): RequestBody {
  const { framed } = req;
  if (framed !== undefined) return framedBody(framed, length);
  if (coding !== undefined) return bodyOf(req as IncomingMessage, undefined);
  if (length === undefined) return undefined;
  const bytes = Number(length);
  return bytes === 0 ? undefined : bodyOf(req as IncomingMessage, bytes);
}

/** Where frames tell whether a body comes, Content-Length only says how long it is (RFC 9113, section 8.1.1). */
function framedBody({ body }: FramedRequest, length: string | undefined): RequestBody {
  if (body === undefined || length === '0') return undefined;
  body.on('error', ignore);
  return { stream: body, length: length === undefined ? undefined : Number(length) };
}

function bodyOf(req: IncomingMessage, length: number | undefined): RequestBody {
  // Whoever reads the body may have stopped listening by the time node tells it that the client left in the middle of
  // it; an error event that nobody listens to would end the process.
  req.on('error', ignore);
  return { stream: req, length };
}

const ignore = (): void => {};
