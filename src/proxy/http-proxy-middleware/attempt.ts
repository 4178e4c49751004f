import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AttemptTimeouts, AttemptTrace } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import type { UpstreamResponse } from '../../contracts/upstream-response.js';
import { AttemptClock, type Expiry } from './attempt.clock.js';
import { CapturedResponse, type CaptureOwner } from './captured-response.js';
import { forwardError } from './forward-errors.js';
import { ProxiedRequest } from './proxied-request.js';
import { headProblem, watchInterim } from './strict-answer.js';

/**
 * One request on its way through the middleware: the pair of request and response it works on, its clocks, and its
 * outcome.
 */
export class Attempt implements CaptureOwner {
  readonly request: ProxiedRequest;
  readonly response: CapturedResponse;
  readonly outcome: Promise<UpstreamResponse>;
  readonly #settle: PromiseWithResolvers<UpstreamResponse>;
  readonly #clock: AttemptClock;
  #proxyReq: ClientRequest | undefined;
  #bytesReadBefore = 0;
  #connected = false;
  #responding = false;
  #upstreamEnded = false;
  #timedOut = false;

  constructor(
    readonly upstream: string,
    request: UpstreamRequest,
    timeouts: AttemptTimeouts,
    private readonly trace: AttemptTrace,
  ) {
    this.#settle = Promise.withResolvers();
    this.outcome = this.#settle.promise;
    this.#clock = new AttemptClock(timeouts, this.#expired);
    this.request = new ProxiedRequest(request, (error) => {
      this.fail(error instanceof GatewayError ? error : new GatewayError('client-closed', { cause: error }));
    });
    this.response = new CapturedResponse(this.request, upstream, this);
    this.response.once('close', () => {
      this.#clock.stop();
      this.request.destroy();
    });
    ATTEMPTS.set(this.response, this);
  }

  /** The attempt a hook's arguments belong to. */
  static of(hookArguments: readonly unknown[]): Attempt | undefined {
    for (const argument of hookArguments) {
      const attempt = ATTEMPTS.get(argument as object);
      if (attempt !== undefined) return attempt;
    }
    return undefined;
  }

  /** Ends the attempt; nothing happens when it is over. */
  fail(error: unknown): void {
    this.response.abort(this.explain(error));
  }

  starting(): void {
    if (!this.response.destroyed) this.#clock.connecting();
  }

  /** A socket was given to the request; it may still be connecting. */
  dialing(proxyReq: ClientRequest): void {
    if (this.response.destroyed) {
      proxyReq.destroy();
      return;
    }
    this.#proxyReq = proxyReq;
    proxyReq.once('timeout', () => {
      this.#timedOut = true;
    });
    proxyReq.once('finish', () => this.#requestSent());
    watchInterim(proxyReq, this.#refused);
    const { socket } = proxyReq;
    // A redirected request has none yet: the clock that runs goes on.
    if (socket === null) return;
    this.#bytesReadBefore = socket.bytesRead;
    this.trace.reused = proxyReq.reusedSocket;
    const secure = (socket as Socket & { encrypted?: boolean }).encrypted === true;
    if (proxyReq.reusedSocket || !socket.connecting) this.#connectionStands(socket);
    else socket.once(secure ? 'secureConnect' : 'connect', () => this.#connectionStands(socket));
  }

  /** The upstream's header section is complete. */
  responding(proxyRes: IncomingMessage): void {
    this.trace.answered = true;
    this.#responding = true;
    const problem = headProblem(proxyRes);
    if (problem !== undefined) {
      proxyRes.destroy();
      this.#refused(problem);
      return;
    }
    // Before any hook's listener, so that no hook takes half a body for a whole one.
    proxyRes.once('error', (error) => this.fail(error));
    const { socket } = proxyRes;
    this.#clock.transferring(() =>
      this.response.waiting ? undefined : socket.bytesRead + socket.bytesWritten,
    );
    proxyRes.once('end', () => {
      this.#upstreamEnded = true;
      // A hook that handles the body itself has not answered yet.
      if (this.response.headersSent || this.response.destroyed) this.#clock.stop();
      else this.#clock.awaitingHeaders();
    });
  }

  answered(response: UpstreamResponse): void {
    if (this.#upstreamEnded) this.#clock.stop();
    this.#settle.resolve(response);
  }

  refused(error: GatewayError): void {
    if ((this.#proxyReq?.socket?.bytesRead ?? 0) > this.#bytesReadBefore) this.trace.answered = true;
    this.#settle.reject(error);
  }

  explain(error: unknown): GatewayError {
    return forwardError(error, {
      upstream: this.upstream,
      dialing: this.#proxyReq !== undefined && !this.#connected,
      timedOut: this.#timedOut,
    });
  }

  #connectionStands(socket: Socket): void {
    this.#connected = true;
    this.trace.sent = true;
    if (this.#responding || this.response.destroyed) return;
    if (this.#proxyReq?.writableFinished === true) this.#clock.awaitingHeaders();
    else this.#clock.transferring(() => socket.bytesRead + socket.bytesWritten);
  }

  #requestSent(): void {
    if (this.#connected && !this.#responding && !this.response.destroyed) this.#clock.awaitingHeaders();
  }

  readonly #expired = (what: Expiry): void => {
    if (what === 'connect') this.fail(this.#error('upstream-connect-timeout'));
    // While the request is sent, silence may be the client's.
    else if (what === 'idle' && !this.#responding && this.request.starved)
      this.fail(this.#error('request-timeout'));
    else this.fail(this.#error('upstream-timeout'));
  };

  /** What the built-in client would refuse as well. */
  readonly #refused = (problem: string): void => {
    const cause = new Error(problem);
    this.fail(new GatewayError('upstream-protocol', { upstream: this.upstream, cause }));
  };

  #error(code: 'upstream-connect-timeout' | 'upstream-timeout' | 'request-timeout'): GatewayError {
    return new GatewayError(code, code === 'request-timeout' ? {} : { upstream: this.upstream });
  }
}

const ATTEMPTS = new WeakMap<object, Attempt>();
