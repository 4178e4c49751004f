import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { destroySession } from '../../contracts/http2-session-life.js';
import { announcePeer, type Peer } from '../peer-address.js';
import { readHead } from './http2.fields.js';
import { Http2Line } from './http2.line.js';
import { Http2Reply } from './http2.reply.js';
import { Http2Request } from './http2.request.js';

/** Serves a request of a connection. */
export type RequestTaker = (connection: Http2Connection, request: Http2Request, reply: Http2Reply) => void;

/** One HTTP/2 connection of a client: its streams become requests, each on its own line. */
export class Http2Connection {
  /** Streams that were opened and are not closed yet. */
  open = 0;
  /** Called when the last of them closed. */
  rested: () => void = ignore;
  readonly #secure: boolean;
  #abandoned = false;
  /** Requests of the read that is going on. */
  #arrived: Arrival[] = [];

  constructor(
    readonly session: ServerHttp2Session,
    readonly socket: Socket,
    readonly peer: Peer,
    private readonly serve: RequestTaker,
    /** Told of each stream that closed. */
    private readonly closed: (stream: ServerHttp2Stream) => void,
  ) {
    this.#secure = (socket as { encrypted?: boolean }).encrypted === true;
    session.on('stream', (stream, _headers, _flags, raw) => this.#take(stream, raw));
  }

  /**
   * Takes no new stream; the connection ends behind the last one. The GOAWAY names the last stream that was taken, so that
   * a client sends what crossed it elsewhere, whatever its method (RFC 9113, section 6.8).
   */
  close(): void {
    if (!this.session.destroyed && !this.session.closed) this.session.close();
  }

  destroy(): void {
    destroySession(this.session, constants.NGHTTP2_NO_ERROR);
  }

  /** What arrived and was not served yet never is: the connection is about to be destroyed. */
  abandon(): void {
    this.#abandoned = true;
  }

  #take(stream: ServerHttp2Stream, raw: readonly string[]): void {
    this.open++;
    // A stream that breaks is told by its end; unheard, the event would end the process.
    stream.on('error', ignore);
    stream.on('close', () => {
      this.open--;
      this.closed(stream);
      if (this.open === 0) this.rested();
    });
    const head = readHead(raw, this.#secure);
    const line = new Http2Line(stream, this.socket);
    announcePeer(line, this.peer);
    const request = new Http2Request(head, line);
    if (this.#arrived.push({ request, reply: new Http2Reply(line, request) }) === 1) {
      setImmediate(() => this.#serveArrived());
    }
  }

  /** Behind the read: a stream that was opened and reset in one costs no route and no connection to an upstream. */
  #serveArrived(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    if (this.#abandoned) return;
    for (const { request, reply } of arrived) {
      if (!reply.destroyed) this.#serveOne(request, reply);
    }
  }

  /** Nothing that one of them does ends the process, or costs the others of the read their answers. */
  #serveOne(request: Http2Request, reply: Http2Reply): void {
    try {
      this.serve(this, request, reply);
    } catch {
      reply.destroy();
    }
  }
}

interface Arrival {
  readonly request: Http2Request;
  readonly reply: Http2Reply;
}

const ignore = (): void => {};
