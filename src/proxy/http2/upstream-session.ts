import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { destroySession, outliveStreams } from '../../contracts/http2-session-life.js';
import type { Attempt } from '../http1/attempt.js';
import { connectionFailure } from '../http1/connect-failure.js';
import { AttemptQueue } from '../upstream/attempt-queue.js';
import { type Dial, speaksHttp2 } from './dial.js';
import { Http2Declined } from './http2-declined.js';
import { Liveness } from './liveness.js';
import { RequestStream, type StreamOwner, type StreamSettings } from './request-stream.js';
import { sessionOptions } from './session-options.js';

/** The pool a session belongs to. */
export interface SessionOwner {
  /** It may carry another request. */
  hasRoom(session: UpstreamSession): void;
  /** It takes no further request, or is gone. */
  closed(session: UpstreamSession): void;
  /** It died although it had served: what lies idle since longer may be as dead. */
  distrustIdle(): void;
}

/** What every session of a forwarder shares. */
export interface SessionSettings extends StreamSettings {
  readonly dial: Dial;
}

/** Taken for the peer's limit until its SETTINGS came (RFC 9113, section 6.5.2 recommends no less). */
const ASSUMED_STREAMS = 100;

const DIALING = 0;
const OPEN = 1;
/** Carries what it has and takes no more. */
const DRAINING = 2;
const CLOSED = 3;

/**
 * One HTTP/2 connection to a target, carrying many requests: dialing → open → draining → closed.
 *
 * It has no timer of its own: deadlines are numbers, and the sweep asks whether they have passed.
 */
export class UpstreamSession implements StreamOwner {
  #phase = DIALING;
  /** Requests it takes as soon as it stands. */
  readonly #pending: AttemptQueue;
  readonly #streams = new Set<RequestStream>();
  readonly #socket: Socket;
  #session: ClientHttp2Session | undefined;
  #address: string | undefined;
  #maxStreams = ASSUMED_STREAMS;
  #served = false;
  #referenced = true;
  /** When an idle session is given up. */
  #idleUntil = Number.POSITIVE_INFINITY;
  /** Set once it stands. */
  #liveness: Liveness | undefined;

  /** @throws Error when the target cannot even be dialed */
  constructor(
    private readonly target: Target,
    private readonly owner: SessionOwner,
    private readonly settings: SessionSettings,
    private readonly idleMs: number,
    /** From then on it takes no further request. */
    private readonly retireAt: number,
  ) {
    this.#pending = new AttemptQueue(settings.clock, 'upstream-connect-timeout', () => this.#deserted());
    this.#socket = settings.dial(target, () => this.#stands());
    this.#socket.on('error', (error) => this.#notDialed(error));
    this.#socket.on('close', () => this.#notDialed(undefined));
  }

  /** Requests it carries or has taken. */
  get load(): number {
    return this.#streams.size + this.#pending.size;
  }

  /** Whether the peer lets nothing in: a new session would fare no better. */
  get shut(): boolean {
    return this.#maxStreams === 0;
  }

  hasRoom(now: number): boolean {
    if (this.#phase > OPEN || now >= this.retireAt || this.#liveness?.suspect === true) return false;
    // Its streams may be told of its end before this object is.
    if (this.#session?.closed === true || this.#session?.destroyed === true) return false;
    return this.load < this.#maxStreams && (this.load > 0 || now < this.#idleUntil);
  }

  /** Takes a request: at once when it is open, else as soon as it stands. */
  carry(attempt: Attempt): void {
    if (!this.#referenced) {
      this.#referenced = true;
      this.#socket.ref();
    }
    if (this.load === 0) this.#liveness?.woken();
    this.#idleUntil = Number.POSITIVE_INFINITY;
    if (this.#phase === DIALING) this.#pending.add(attempt);
    else this.#open(attempt);
  }

  /** Stops using it when it leads to another address than these. */
  keepOnly(addresses: ReadonlySet<string>): void {
    if (this.#address !== undefined && !addresses.has(this.#address)) this.drain();
  }

  /** Takes no further request, and closes after those it carries. */
  drain(): void {
    if (this.#phase >= DRAINING) return;
    if (this.#phase === DIALING && this.#pending.size > 0) return;
    this.#phase = DRAINING;
    if (this.#streams.size === 0) this.#close();
  }

  /** Closes it when it is idle. */
  retireIdle(): void {
    if (this.#phase === OPEN && this.load === 0) this.#close();
  }

  /** Acts on every deadline that has passed. */
  sweep(now: number): void {
    this.#pending.sweep(now);
    this.#deserted();
    for (const stream of this.#streams) stream.sweep(now);
    if (this.#phase === DIALING || this.#phase === CLOSED) return;
    if (this.#liveness?.isLost(now) === true) this.#fail(new Error('no answer to a PING'));
    else if (this.#streams.size > 0) this.#liveness?.listen(now);
    else if (now >= this.#idleUntil || now >= this.retireAt) this.#close();
    else if (this.#referenced) {
      this.#referenced = false;
      this.#socket.unref();
    }
  }

  // ── Dialing ──

  /** A dial that nobody waits for any more is given up. */
  #deserted(): void {
    if (this.#phase === DIALING && this.#pending.size === 0) this.#close();
  }

  #stands(): void {
    if (this.#phase !== DIALING) return;
    if (!speaksHttp2(this.#socket)) {
      this.#refuse(new GatewayError('upstream-protocol', { cause: new Http2Declined() }));
      return;
    }
    this.#phase = OPEN;
    this.#address = this.#socket.remoteAddress;
    const session = connect(`${this.target.tls ? 'https' : 'http'}://upstream`, {
      ...sessionOptions(this.settings.limits),
      createConnection: () => this.#socket,
    });
    outliveStreams(session);
    this.#session = session;
    this.#liveness = new Liveness(session, this.#socket, this.settings.clock, () => this.#offerRoom());
    session.on('remoteSettings', ({ maxConcurrentStreams }) => this.#limit(maxConcurrentStreams));
    session.on('goaway', (_code, lastStreamId) => this.#goneAway(lastStreamId));
    session.on('error', (error) => this.#fail(error));
    session.on('close', () => this.#fail(undefined));
    this.#takePending((attempt) => this.#open(attempt));
    if (this.load === 0) this.#rest();
  }

  #notDialed(error: Error | undefined): void {
    if (this.#phase !== DIALING) return;
    this.#refuse(connectionFailure(true, error ?? this.#socket.errored ?? undefined));
  }

  /** Ends a dial that led to nothing. */
  #refuse(error: GatewayError): void {
    this.#close();
    this.#takePending((attempt) => attempt.reject(error));
  }

  #takePending(take: (attempt: Attempt) => void): void {
    for (let next = this.#pending.next(); next !== undefined; next = this.#pending.next()) take(next);
  }

  // ── Streams ──

  #open(attempt: Attempt): void {
    const stream = new RequestStream(attempt, this.target, this, this.settings);
    this.#streams.add(stream);
    stream.start(this.#session as ClientHttp2Session, this.#served);
  }

  answered(): void {
    this.#served = true;
  }

  unheard(): void {
    if (this.#phase === OPEN) this.#liveness?.doubt();
  }

  released(stream: RequestStream): void {
    if (!this.#streams.delete(stream) || this.#phase === CLOSED) return;
    if (this.#phase === OPEN && this.settings.clock.monotonic() < this.retireAt) {
      if (this.load === 0) this.#rest();
      this.owner.hasRoom(this);
    } else if (this.#streams.size === 0) this.#close();
  }

  #rest(): void {
    this.#idleUntil = this.settings.clock.monotonic() + this.idleMs;
  }

  #limit(maxStreams: number | undefined): void {
    this.#maxStreams = maxStreams ?? Number.POSITIVE_INFINITY;
    this.#offerRoom();
  }

  #offerRoom(): void {
    if (this.#phase === OPEN) this.owner.hasRoom(this);
  }

  #goneAway(lastStreamId: number): void {
    if (this.#phase === OPEN) this.#phase = DRAINING;
    for (const stream of this.#streams) stream.refusedAfter(lastStreamId);
    if (this.#streams.size === 0) this.#close();
  }

  // ── Ends ──

  /** The connection is gone, or of no use: every stream on it ends. */
  #fail(cause: Error | undefined): void {
    if (this.#phase === CLOSED) return;
    const lost = [...this.#streams];
    if (this.#served && lost.length > 0) this.owner.distrustIdle();
    this.#close();
    for (const stream of lost) stream.disconnected(cause ?? this.#socket.errored ?? undefined);
  }

  #close(): void {
    if (this.#phase === CLOSED) return;
    this.#phase = CLOSED;
    const socket = this.#socket;
    if (this.#session === undefined) socket.destroy();
    // No peer keeps a connection half open.
    else destroySession(this.#session, constants.NGHTTP2_NO_ERROR, () => socket.destroy());
    this.owner.closed(this);
  }
}
