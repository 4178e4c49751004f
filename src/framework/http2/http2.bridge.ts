import type { Duplex } from 'node:stream';
import { Cancellation } from '../../contracts/cancellation.js';
import type { AttemptTimeouts, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { Http2Connection } from '../../edge/http2/http2.connection.js';
import type { Http2Reply } from '../../edge/http2/http2.reply.js';
import type { Http2Request } from '../../edge/http2/http2.request.js';
import { PacedSink } from '../../edge/paced.sink.js';
import { HOP_BY_HOP } from '../../proxy/hop-by-hop.js';
import { Http1Forwarder } from '../../proxy/http1/http1.forwarder.js';
import type { ResponseLimits } from '../../proxy/http1/response-limits.js';
import { connectInside } from './inner.connection.js';

/** The HTTP/1.1 server of this process. */
const INSIDE: Target = { id: 'inside', host: 'inside', port: 0, tls: false, weight: 1 };
/** Every clock that counts runs on the inner exchange. */
const NO_CLOCKS: AttemptTimeouts = { connectMs: 0, headersMs: 0, idleMs: 0 };
/** The inner server closes idle connections itself; they end with the outer one at the latest. */
const POOL = { maxConnections: 10_000, maxWaiting: 0, idleMs: 30_000, maxAgeMs: 0 };

/**
 * Serves requests that came by HTTP/2 through the HTTP/1.1 server, where Express and Nest stand: node's own HTTP/2
 * requests and responses are not what Express knows, and it ends the process over them.
 *
 * The request is framed anew over a connection inside the process, and its answer is read by the client of our own.
 * Only the inner request is an exchange.
 */
export class Http2Bridge {
  readonly #clients = new WeakMap<Http2Connection, Http1Forwarder>();

  constructor(
    private readonly serveHttp1: (connection: Duplex) => void,
    private readonly limits: ResponseLimits,
  ) {}

  readonly serve = (connection: Http2Connection, request: Http2Request, reply: Http2Reply): void => {
    const cancellation = new Cancellation();
    request.socket.once('close', () => cancellation.cancel(new GatewayError('client-closed')));
    const trace = { reused: false, sent: false, answered: false };
    this.#clientOf(connection)
      .forward(framedAnew(request, reply), INSIDE, NO_CLOCKS, cancellation, trace)
      .then((response) => answer(request, reply, response))
      .catch(() => reply.destroy());
  };

  #clientOf(connection: Http2Connection): Http1Forwarder {
    let client = this.#clients.get(connection);
    if (client === undefined) {
      const opened = new Http1Forwarder({
        pool: POOL,
        limits: this.limits,
        connect: connectInside(connection, this.serveHttp1),
      });
      client = opened;
      this.#clients.set(connection, client);
      connection.session.on('close', () => opened.close());
    }
    return client;
  }
}

/** The request without what frames it: the client of our own writes that. */
function framedAnew(request: Http2Request, reply: Http2Reply): UpstreamRequest {
  const { method, url: path, rawHeaders, body } = request;
  const headers: string[] = [];
  let length: number | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    if (name === 'content-length') length = Number(value);
    // The body is asked for when somebody reads it, which is when the client is told to go on.
    else if (name !== 'expect' && !HOP_BY_HOP.has(name)) headers.push(rawHeaders[i] as string, value);
  }
  return {
    method,
    path,
    headers,
    body: body === undefined || length === 0 ? undefined : { stream: body, length },
    trailers: request.takesTrailers,
    informs: (status, fields) => reply.writeInformation(status, fields),
    rawTrailers: () => request.rawTrailers,
  };
}

function answer(request: Http2Request, reply: Http2Reply, response: UpstreamResponse): void {
  const { status, headers, body } = response;
  const bodiless = request.method === 'HEAD' || status === 204 || status === 304;
  const fields = [...headers];
  if (body.length !== undefined && status !== 204 && status !== 304) {
    fields.push('content-length', String(body.length));
  }
  if (body.trailers?.announced !== undefined) fields.push('trailer', body.trailers.announced);
  reply.writeHead(status, fields);
  if (bodiless) {
    body.discard();
    reply.end();
  } else if (body.whole !== undefined) reply.end(body.whole);
  else {
    const sink = new InnerSink(reply, body.trailers);
    const flow = body.pipe(sink);
    sink.flow = flow;
    request.socket.once('close', () => flow.cancel());
  }
}

/** The body of an inner answer: the inner exchange is who records how it ended. */
class InnerSink extends PacedSink {
  fail(): void {
    this.res.destroy();
  }
}
