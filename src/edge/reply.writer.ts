import type { Exchange } from '../contracts/exchange.js';
import type { GatewayError } from '../contracts/gateway-error.js';
import type { BodyTrailers, UpstreamResponse } from '../contracts/upstream-response.js';
import { cutReply } from './cut-reply.js';
import { holdsBodyBack } from './expect-continue.js';
import { takeNoMore } from './last-request.js';
import { lingerOnClose } from './lingering-close.js';
import { PacedSink } from './paced.sink.js';
import { putHead } from './reply-head.js';

/** Up to here a body is sent as one latin1 string with its head: one write instead of a gathered one. */
const ONE_WRITE_BYTES = 16 * 1024;

/** Up to here an upload that nobody has read is read away, which costs less than a new connection. */
const READ_AWAY_BYTES = 65_536;

/** The only field the gateway alone writes on answers; an upstream's own would contradict it. */
const CORRELATION = 'x-correlation-id';

/** Called once, when the last byte was handed over or the answer broke off. */
export type ReplyDone = (exchange: Exchange, error: GatewayError | undefined) => void;

/**
 * Sends an answer to the client, the same on the compiled and the interpreted way: status, headers, body with
 * backpressure. A body that breaks off ends in a cut connection, never in a clean end.
 *
 * @param draining the connection closes behind the answer; it also does when the client is still sending a long body
 */
export function writeReply(
  exchange: Exchange,
  response: UpstreamResponse,
  draining: boolean,
  done: ReplyDone,
): void {
  const { req, res } = exchange;
  if (res.destroyed || res.headersSent) {
    response.body.discard();
    done(exchange, exchange.cancellation.reason);
    return;
  }
  exchange.status = response.status;
  const { body } = response;
  const closing = draining || leavesUpload(exchange);
  if (closing) {
    takeNoMore(req.socket);
    if (exchange.body !== undefined && !req.complete) lingerOnClose(req.socket);
  }
  const trailers = trailersOf(exchange, response);
  const fields = replyHeaders(exchange, response, closing);
  if (trailers?.announced !== undefined) fields.push('Trailer', trailers.announced);
  const plain = !exchange.handedOver && !closing && body.length !== undefined && !isBodiless(response.status);
  if (!plain || !putHead(res, response.status, fields)) res.writeHead(response.status, fields);

  if (exchange.method === 'HEAD' || isBodiless(response.status)) {
    body.discard();
    res.end();
    done(exchange, undefined);
    return;
  }
  const { whole } = body;
  if (whole !== undefined) {
    exchange.bytesOut = whole.length;
    if (whole.length === 0) res.end();
    else if (whole.length <= ONE_WRITE_BYTES) res.end(whole.toString('latin1'), 'latin1');
    else res.end(whole);
    done(exchange, undefined);
    return;
  }
  const sink = new ReplySink(exchange, body.length !== undefined, trailers, done);
  const flow = body.pipe(sink);
  sink.flow = flow;
  // node:http keeps a head until there is a body to go with it; of a stream that may be much later.
  if (exchange.bytesOut === 0 && !exchange.finished) res.flushHeaders();
  // An upstream's body hears of a client that left by itself; a handler's own stream does not.
  exchange.cancellation.add(() => flow.cancel());
}

function replyHeaders(exchange: Exchange, response: UpstreamResponse, closing: boolean): string[] {
  const { headers } = response;
  const list: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === CORRELATION.length && name.toLowerCase() === CORRELATION) continue;
    list.push(name, headers[i + 1] as string);
  }
  const { length } = response.body;
  if (length !== undefined && !isBodiless(response.status)) list.push('Content-Length', String(length));
  const own = exchange.replyHeaders;
  for (let i = 0; i < own.length; i++) list.push(own[i] as string);
  list.push('X-Correlation-ID', exchange.correlationId);
  if (closing) list.push('Connection', 'close');
  return list;
}

/** Whether the client may go on sending a body for longer than anybody wants to read it, or has yet to begin. */
function leavesUpload({ body, req }: Exchange): boolean {
  if (body === undefined || req.complete) return false;
  return body.length === undefined || body.length > READ_AWAY_BYTES || holdsBodyBack(req);
}

/** Trailers follow chunks only, and no answer that a policy of ours changes: it has not seen them. */
function trailersOf(
  { method, route }: Exchange,
  { body, status }: UpstreamResponse,
): BodyTrailers | undefined {
  const { trailers } = body;
  if (trailers === undefined || body.length !== undefined) return undefined;
  return method === 'HEAD' || isBodiless(status) || route?.shapesAnswers === true ? undefined : trailers;
}

/** RFC 9110, sections 15.3.5 and 15.4.5: these statuses never carry a body. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

/** The body of an exchange, which is done behind it. */
class ReplySink extends PacedSink {
  constructor(
    readonly exchange: Exchange,
    readonly lengthDeclared: boolean,
    trailers: BodyTrailers | undefined,
    readonly done: ReplyDone,
  ) {
    super(exchange.res, trailers);
  }

  override write(chunk: Buffer, spent?: (chunk: Buffer) => void): boolean {
    this.exchange.bytesOut += chunk.length;
    return super.write(chunk, spent);
  }

  override end(): void {
    super.end();
    this.done(this.exchange, undefined);
  }

  fail(error: GatewayError): void {
    // The head is out, so the only honest signal left is a connection that ends early.
    cutReply(this.res, this.lengthDeclared);
    this.done(this.exchange, error);
  }
}
