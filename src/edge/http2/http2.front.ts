import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { outliveStreams } from '../../contracts/http2-session-life.js';
import type { Edge } from '../edge.js';
import type { Next } from '../express.handover.js';
import { peerOf } from '../peer-address.js';
import { Http2Connection, type RequestTaker } from './http2.connection.js';
import type { Http2Request } from './http2.request.js';
import { HTTP2_LIMITS, type Http2Limits } from './http2-limits.js';
import { http2ServerOptions } from './http2-server.options.js';
import { guardSession, type Http2Abuse } from './session-guard.js';

/** The limits that are settings. */
export interface FrontLimits
  extends Pick<Http2Limits, 'maxHeaderBytes' | 'maxHeaderCount' | 'maxConcurrentStreams'> {
  /** An idle connection is closed after this; 0 keeps it. */
  readonly keepAliveTimeoutMs: number;
}

/** Takes connections that speak HTTP/2, whoever found out that they do, and hands their requests to the edge. */
export class Http2Front {
  readonly #server: Http2Server;
  readonly #connections = new Set<Http2Connection>();
  #accepting: Socket | undefined;
  #closing = false;

  constructor(
    private readonly edge: Edge,
    private readonly limits: FrontLimits,
    /** Serves a request through the HTTP/1.1 server, for routes that need Express. */
    private readonly bridge: RequestTaker,
    /** Told of each connection that was closed for what its client did, with the client's address. */
    private readonly abused: (abuse: Http2Abuse, address: string) => void,
  ) {
    this.#server = createServer(http2ServerOptions({ ...HTTP2_LIMITS, ...limits }));
    this.#server.on('session', (session) => this.#open(session));
    this.#server.on('sessionError', ignore);
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Takes a connection whose first bytes will be, or are, the preface of RFC 9113, section 3.4. */
  accept(socket: Socket): void {
    this.#accepting = socket;
    this.#server.emit('connection', socket);
    this.#accepting = undefined;
  }

  /** New streams are turned down, and each connection ends behind its last one. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.close();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #open(session: ServerHttp2Session): void {
    outliveStreams(session);
    const socket = this.#accepting as Socket;
    const peer = peerOf(socket);
    const closed = guardSession(session, HTTP2_LIMITS, (abuse) => {
      connection.abandon();
      this.abused(abuse, peer.address);
    });
    const connection = new Http2Connection(session, socket, peer, this.#serve, closed);
    this.#connections.add(connection);
    session.on('close', () => this.#connections.delete(connection));
    // The server is told; unheard here as well, the event would end the process.
    session.on('error', ignore);
    this.#closeIdle(session, connection);
    if (this.#closing) connection.close();
  }

  readonly #serve: RequestTaker = (connection, request, reply) => {
    const outlook = this.#isTooLarge(request) ? undefined : this.edge.outlook(request.method, request.url);
    if (outlook?.alone === false) this.bridge(connection, request, reply);
    else this.edge.take(request, reply, noExpress, outlook);
  };

  /** Such a request is refused at once: HTTP/1.1 has no crumbs of cookies that could be counted. */
  #isTooLarge({ fieldCount, fieldBytes }: Http2Request): boolean {
    return fieldCount > this.limits.maxHeaderCount || fieldBytes > this.limits.maxHeaderBytes;
  }

  /** Not by the session's own timeout: Node lets that run on behind the end, and keeps all of the session for it. */
  #closeIdle(session: ServerHttp2Session, connection: Http2Connection): void {
    const { keepAliveTimeoutMs } = this.limits;
    if (keepAliveTimeoutMs === 0) return;
    const timer = setTimeout(() => {
      // Streams have clocks of their own; the last of them starts this one again.
      if (connection.open === 0) connection.close();
    }, keepAliveTimeoutMs).unref();
    connection.rested = () => timer.refresh();
    session.on('ping', connection.rested);
    session.on('close', () => clearTimeout(timer));
  }
}

/** Nothing that runs natively is handed to Express: the outlook said so. */
const noExpress: Next = () => {
  throw new Error('A request that came by HTTP/2 was handed to Express.');
};

const ignore = (): void => {};
