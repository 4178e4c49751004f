import type { ClientRequest } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { UpstreamRequest } from '../../contracts/upstream-request.js';
import { forwardError } from './forward-errors.js';
import { PairedSocket } from './paired-socket.js';
import { ProxiedRequest } from './proxied-request.js';
import { countInterim } from './strict-answer.js';

/**
 * One WebSocket handshake on its way through the middleware, which takes {@link client} for the client's socket. What it
 * writes there is read at {@link connection}, as from any target: the gateway judges the answer, and holds the tunnel.
 */
export class Handshake {
  readonly request: ProxiedRequest;
  readonly client: Socket;
  readonly connection: Socket;
  readonly #near: PairedSocket;
  readonly #far: PairedSocket;
  #proxyReq: ClientRequest | undefined;
  #proxySocket: Socket | undefined;
  #stands = false;

  /** @param ready called once the middleware's connection stands */
  constructor(
    readonly upstream: string,
    request: UpstreamRequest,
    private readonly onread: OnReadOpts,
    private readonly ready: () => void,
  ) {
    [this.#near, this.#far] = PairedSocket.pair();
    // They have what is asked of a socket on either side.
    this.connection = this.#near as unknown as Socket;
    this.client = this.#far as unknown as Socket;
    this.request = new ProxiedRequest(request, (error) => this.fail(error));
    HANDSHAKES.set(this.client, this);
    HANDSHAKES.set(this.request, this);
    this.#near.on('data', (chunk: Buffer) => this.#deliver(chunk)).once('close', () => this.#over());
    // Without a listener its errors would end the process.
    this.#far
      .on('error', () => {})
      .once('close', () => {
        if (!this.#far.writableFinished) this.#near.destroy();
      });
  }

  /** The handshake or tunnel a hook's arguments belong to. */
  static of(hookArguments: readonly unknown[]): Handshake | undefined {
    for (const argument of hookArguments) {
      const handshake = HANDSHAKES.get(argument as object);
      if (handshake !== undefined) return handshake;
    }
    return undefined;
  }

  /** Whether a team's hook has written an answer of its own. */
  get answered(): boolean {
    return this.#far.writableEnded;
  }

  /** Ends the handshake, or its tunnel; nothing happens when it is over. */
  fail(error: unknown): void {
    const dialing = this.#proxyReq !== undefined && !this.#stands;
    this.#near.destroy(forwardError(error, { upstream: this.upstream, dialing, timedOut: false }));
  }

  /** The middleware made its request, and sends it next. */
  dialing(proxyReq: ClientRequest): void {
    this.#proxyReq = proxyReq;
    if (this.#near.destroyed) {
      proxyReq.destroy();
      return;
    }
    proxyReq.once('socket', (socket) => {
      const secure = (socket as Socket & { encrypted?: boolean }).encrypted === true;
      if (!socket.connecting) this.#stand();
      else socket.once(secure ? 'secureConnect' : 'connect', () => this.#stand());
    });
    countInterim(proxyReq, (problem) => this.#refuse(problem));
    // No connection that was asked for an upgrade carries another request, whatever agent it comes from.
    proxyReq.once('response', () => {
      proxyReq.shouldKeepAlive = false;
    });
    proxyReq.once('upgrade', ({ httpVersionMinor }, socket: Socket) => {
      this.#switched(socket);
      // The middleware answers as if it were 1.1.
      if (httpVersionMinor === 0) this.#refuse('a 101 in an HTTP/1.0 response');
    });
  }

  #stand(): void {
    if (this.#stands) return;
    this.#stands = true;
    if (!this.#near.destroyed) this.ready();
  }

  #switched(socket: Socket): void {
    this.#proxySocket = socket;
    HANDSHAKES.set(socket, this);
    socket.once('close', () => {
      // The middleware passes the end of the flow on, and nothing that is less in order.
      if (!this.#far.writableEnded) this.#near.destroy();
      // It reads no more by now: what still comes goes nowhere, up to its end.
      else process.nextTick(() => this.#far.resume());
    });
  }

  /** Reads as a socket with `onread` does. */
  #deliver(chunk: Buffer): void {
    // A hook may answer before there is a connection.
    this.#stand();
    const { buffer, callback } = this.onread;
    for (let at = 0; at < chunk.length && !this.#near.destroyed; ) {
      const into = typeof buffer === 'function' ? buffer() : buffer;
      const length = Math.min(into.length, chunk.length - at);
      into.set(chunk.subarray(at, at + length));
      at += length;
      callback(length, into);
    }
  }

  /** Nobody waits any more: the middleware would let its connection stay. */
  #over(): void {
    const socket = this.#proxySocket;
    if (socket === undefined) this.#proxyReq?.destroy();
    // Closed in order, everything has been written to it by now.
    else if (this.#near.writableFinished) socket.destroySoon();
    else socket.destroy();
    this.#far.destroy();
    this.request.destroy();
  }

  #refuse(problem: string): void {
    this.fail(new GatewayError('upstream-protocol', { upstream: this.upstream, cause: new Error(problem) }));
  }
}

const HANDSHAKES = new WeakMap<object, Handshake>();
