import type { Socket } from 'node:net';
import type { Clock } from '../../contracts/clock.js';
import type { Target } from '../../contracts/forwarder.js';
import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';
import { TunnelBody } from '../../contracts/upgrade.js';
import { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { UploadOwner } from '../request/upload.js';
import { switchProblem } from '../upgrade/switch-answer.js';
import { SwitchedConnection } from '../upgrade/switched-connection.js';
import type { Attempt } from './attempt.js';
import { BufferSender } from './buffer-sender.js';
import type { Connect } from './connect.js';
import { connectionFailure } from './connect-failure.js';
import { malformed } from './malformed.js';
import type { RequestSender } from './request-sender.js';
import type { ResponseHead } from './response-head.js';
import { RESPONSE_LIMIT_DEFAULTS, type ResponseLimits } from './response-limits.js';
import { ResponseReader } from './response-reader.js';
import { StreamSender } from './stream-sender.js';
import { type BodySource, StreamingBody } from './streaming-body.js';

const SWITCHING = 101;

/** The pool a connection belongs to. */
export interface ConnectionOwner {
  /** It may carry another request. */
  released(connection: UpstreamConnection): void;
  /** It is gone. */
  closed(connection: UpstreamConnection): void;
  /** It died under a request although it had served before: what lies idle since longer may be as dead. */
  distrustIdle(): void;
}

/** What every connection of a forwarder shares. */
export interface ConnectionSettings {
  readonly limits: ResponseLimits;
  readonly connect: Connect;
  readonly clock: Clock;
}

// What a connection waits for: it decides what its deadline means.
const DIALING = 0;
const SENDING = 1;
const AWAITING = 2;
const RECEIVING = 3;
const IDLE = 4;
const CLOSED = 5;

/** In the place of a reader that a switched connection has no use for. */
const NO_READER = new ResponseReader(RESPONSE_LIMIT_DEFAULTS);

/**
 * One connection to a target, carrying one request at a time:
 * dialing → (sending → awaiting → receiving → idle)* → closed.
 *
 * It has no timer of its own: `deadline` is a number, and the sweep asks whether it has passed.
 */
export class UpstreamConnection implements BodySource, UploadOwner {
  #phase = DIALING;
  #deadline = Number.POSITIVE_INFINITY;
  #attempt: Attempt | undefined = undefined;
  /** The response was handed over; what happens now happens to its body. */
  #answered = false;
  #body: StreamingBody | undefined = undefined;
  /** Set while a request body is unfinished. */
  #sender: RequestSender | undefined = undefined;
  #served = false;
  #paused = false;
  #referenced = true;
  #reader: ResponseReader;
  /** Set once it speaks another protocol: what it reads is no response any more. */
  #switched: SwitchedConnection | undefined = undefined;
  readonly #clock: Clock;
  readonly #socket: Socket;

  /** @throws Error when the target cannot even be dialed */
  constructor(
    target: Target,
    private readonly owner: ConnectionOwner,
    settings: ConnectionSettings,
    /** From then on it takes no further request. */
    private retireAt = Number.POSITIVE_INFINITY,
  ) {
    this.#reader = new ResponseReader(settings.limits);
    this.#clock = settings.clock;
    this.#socket = settings.connect(
      target,
      {
        buffer: () => this.#switched?.memory ?? this.#reader.buffer.next(),
        callback: (length) => {
          this.#read(length);
          return true;
        },
      },
      () => this.#stands(),
    );
    this.#socket.on('drain', () => this.#sender?.drained());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#broken(error));
    this.#socket.on('close', () => this.#broken(undefined));
  }

  get isIdle(): boolean {
    return this.#phase === IDLE;
  }

  /** Takes a request: at once when it is idle, else as soon as it stands. */
  carry(attempt: Attempt): void {
    this.#attempt = attempt;
    if (!this.#referenced) {
      this.#referenced = true;
      this.#socket.ref();
    }
    attempt.cancellation.add(this.#cancelled);
    if (this.#phase === DIALING) this.#expectWithin(attempt.timeouts.connectMs);
    else this.#send(attempt);
  }

  /** Waits for the next request until `idleMs`, the upstream's own limit or its own age is over. */
  park(now: number, idleMs: number): void {
    const keepAliveMs = this.#reader.head?.keepAliveMs ?? idleMs;
    this.#deadline = Math.min(now + Math.min(idleMs, keepAliveMs), this.retireAt);
  }

  /** Whether it is young enough for another request after this one. */
  lasts(now: number): boolean {
    return now < this.retireAt;
  }

  /** The address at its other end; `undefined` until it stands. */
  get address(): string | undefined {
    return this.#phase === DIALING ? undefined : this.#socket.remoteAddress;
  }

  /** Takes no further request: at once when it is idle, else after the one it carries. */
  outdate(): void {
    this.retireAt = Number.NEGATIVE_INFINITY;
    if (this.#phase === IDLE) this.#close();
  }

  /** Whether an idle connection may still be used. */
  isFresh(now: number): boolean {
    return this.#phase === IDLE && now < this.#deadline;
  }

  /** Closes an idle connection. */
  retire(): void {
    this.#close();
  }

  /** Acts on a deadline that has passed. Idle connections stop holding the process here, not request by request. */
  sweep(now: number): void {
    if (now >= this.#deadline) this.#expired();
    else if (this.#phase === IDLE && this.#referenced) {
      this.#referenced = false;
      this.#socket.unref();
    }
  }

  // ── The request ──

  #stands(): void {
    if (this.#phase === DIALING && this.#attempt !== undefined) this.#send(this.#attempt);
  }

  #send(attempt: Attempt): void {
    const { rest, trace, timeouts } = attempt;
    trace.reused = this.#served;
    trace.sent = true;
    this.#served = true;
    this.#answered = false;
    this.#reader.begin(attempt);
    if (rest === undefined) {
      this.#socket.write(attempt.text, 'latin1');
      this.#phase = AWAITING;
      this.#expectWithin(timeouts.headersMs);
      return;
    }
    this.#phase = SENDING;
    this.#expectWithin(timeouts.idleMs);
    const sender = Buffer.isBuffer(rest)
      ? new BufferSender(this.#socket, rest, this)
      : new StreamSender(this.#socket, rest, this, attempt.request);
    this.#sender = sender;
    sender.start(attempt.text);
  }

  bodyMoved(): void {
    if (this.#attempt !== undefined) this.#expectWithin(this.#attempt.timeouts.idleMs);
  }

  bodySent(): void {
    this.#sender = undefined;
    if (this.#attempt === undefined) return;
    if (this.#phase === SENDING) {
      this.#phase = AWAITING;
      this.#expectWithin(this.#attempt.timeouts.headersMs);
    } else this.bodyMoved();
  }

  bodyFailed(error: GatewayError): void {
    this.#sender = undefined;
    this.#fail(error);
  }

  // ── The response ──

  #read(length: number): void {
    const attempt = this.#attempt;
    // Bytes nobody asked for: whatever they are, they must not become the answer to the next request.
    if (attempt === undefined) {
      if (this.#switched === undefined) this.#close();
      else this.#switched.received(length);
      return;
    }
    attempt.trace.answered = true;
    try {
      this.#consume(attempt, length);
    } catch (error) {
      this.#fail(error instanceof GatewayError ? error : new GatewayError('internal', { cause: error }));
    }
  }

  #consume(attempt: Attempt, length: number): void {
    const reader = this.#reader;
    reader.read(length, attempt);
    if (reader.headed && reader.head?.status === SWITCHING) return this.#switch(attempt);
    if (reader.headed) this.#answer(attempt);
    else if (reader.brought) this.#body?.push(reader.take());
    // The sink may have given up, or refused, while it was written to.
    if (this.#attempt !== attempt) return;
    if (reader.ended) this.#complete(attempt, !reader.followed);
    else if (this.#answered) this.#expectWithin(attempt.timeouts.idleMs);
  }

  /** The connection leaves HTTP, and this object with it: whoever takes the answer has the socket. */
  #switch(attempt: Attempt): void {
    const { head } = this.#reader;
    const { request, resolve } = attempt;
    const problem = switchProblem(head as ResponseHead, request.headers);
    if (problem !== undefined) throw malformed(problem);
    const switched = new SwitchedConnection(this.#socket, this.#reader.rest());
    this.#switched = switched;
    this.#reader = NO_READER;
    this.#detach(attempt);
    this.#phase = CLOSED;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.owner.closed(this);
    resolve(new UpstreamResponse(SWITCHING, (head as ResponseHead).headers, new TunnelBody(switched)));
  }

  #answer(attempt: Attempt): void {
    const head = this.#reader.head as ResponseHead;
    this.#answered = true;
    this.#phase = RECEIVING;
    const body = this.#reader.body(this);
    if (body instanceof StreamingBody) this.#body = body;
    attempt.resolve(new UpstreamResponse(head.status, head.headers, body));
    // RFC 9112, section 9.5: an upstream that refuses and hangs up does not want the rest.
    if (this.#sender !== undefined && head.status >= 400 && !head.reusable) this.#abandonRequest();
  }

  #complete(attempt: Attempt, nothingFollows: boolean): void {
    const body = this.#body;
    const reusable =
      nothingFollows &&
      this.#sender === undefined &&
      this.#reader.head?.reusable === true &&
      this.#socket.writableLength === 0;
    this.#detach(attempt);
    // Before the connection moves on, so that a sink that throws cannot hurt the next request on it.
    body?.finish();
    if (!reusable) {
      this.#close();
      return;
    }
    this.resumeBody();
    this.#reader.buffer.shrink();
    this.#phase = IDLE;
    this.owner.released(this);
  }

  pauseBody(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resumeBody(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
    this.bodyMoved();
  }

  abandonBody(): void {
    if (this.#attempt !== undefined) this.#detach(this.#attempt);
    this.#close();
  }

  // ── Ends ──

  readonly #cancelled = (reason: GatewayError): void => this.#fail(reason);

  #ended(): void {
    const attempt = this.#attempt;
    if (attempt !== undefined && this.#answered && this.#reader.endsWithConnection) {
      this.#complete(attempt, false);
    } else this.#broken(undefined);
  }

  #broken(cause: Error | undefined): void {
    if (this.#phase === CLOSED) return;
    const trace = this.#attempt?.trace;
    if (trace?.reused === true && !trace.answered) this.owner.distrustIdle();
    // An end may be told before the error that made it.
    this.#fail(connectionFailure(this.#phase === DIALING, cause ?? this.#socket.errored ?? undefined));
  }

  #expired(): void {
    if (this.#phase === IDLE) this.#close();
    else this.#fail(new GatewayError(this.#lateCode()));
  }

  /** Whoever is being waited for is the one to blame. */
  #lateCode(): GatewayErrorCode {
    switch (this.#phase) {
      case DIALING:
        return 'upstream-connect-timeout';
      case SENDING:
        return this.#sender?.blocked === true ? 'upstream-timeout' : 'request-timeout';
      case RECEIVING:
        if (!this.#paused) return 'upstream-timeout';
        return this.#body?.wanted === true ? 'client-closed' : 'internal';
      default:
        return 'upstream-timeout';
    }
  }

  /** Ends the request, if there is one, and the connection with it. */
  #fail(error: GatewayError): void {
    const attempt = this.#attempt;
    const body = this.#body;
    if (attempt !== undefined) this.#detach(attempt);
    this.#close();
    if (attempt === undefined) return;
    if (this.#answered) body?.fail(error);
    else attempt.reject(error);
  }

  #detach(attempt: Attempt): void {
    attempt.cancellation.remove(this.#cancelled);
    this.#attempt = undefined;
    this.#body = undefined;
    this.#abandonRequest();
  }

  #abandonRequest(): void {
    const sender = this.#sender;
    this.#sender = undefined;
    sender?.abandon();
  }

  #close(): void {
    if (this.#phase === CLOSED) return;
    this.#phase = CLOSED;
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#socket.destroy();
    this.owner.closed(this);
  }

  #expectWithin(ms: number): void {
    this.#deadline = ms === 0 ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + ms;
  }
}
