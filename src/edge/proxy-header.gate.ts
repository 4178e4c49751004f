import type { BlockList, Server, Socket } from 'node:net';
import { isAdmitted } from './admitted-connection.js';
import { isTrusted } from './client-address.js';
import { announcePeer, plainAddress } from './peer-address.js';
import { announcedPeer, ProxiedSocket, type ProxyRefusal } from './proxied-socket.js';
import type { ProxyHeader } from './proxy-protocol.js';
import { sweepIntervalMs } from './sweep-interval.js';

export interface ProxyHeaderGateOptions {
  /** Peers that must begin with a PROXY header; everybody else may not. */
  readonly trusted: BlockList;
  /** For a peer to send its header; 0 waits for ever. */
  readonly timeoutMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Told of each connection from a trusted peer that was closed for want of a header. */
  readonly refused: (address: string, reason: ProxyRefusal) => void;
}

/** Takes a connection on; a TLS handshake or an HTTP parser starts in it. */
export type Proceed = (socket: Socket) => void;

/** Reads the PROXY header of each connection from a trusted peer before anybody else sees the connection. */
export class ProxyHeaderGate {
  readonly #pending = new Map<ProxiedSocket, Proceed>();
  readonly #sweepMs: number;
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    readonly options: ProxyHeaderGateOptions,
    /** Connections that have said nothing must not hold up a server that is closing. */
    private readonly closing: () => boolean,
  ) {
    this.#sweepMs = sweepIntervalMs(options.timeoutMs);
  }

  /** `proceed` gets the socket at once from an untrusted peer, and behind its header, paused, from a trusted one. */
  accept(socket: Socket, proceed: Proceed): void {
    // A limit in front refused it.
    if (socket.destroyed) return;
    if (isAdmitted(socket) || !isTrusted(plainAddress(socket.remoteAddress), this.options.trusted)) {
      return proceed(socket);
    }
    this.#pending.set(new ProxiedSocket(socket, this.options.now(), this), proceed);
    this.#sweep ??= setInterval(this.#closeLate, this.#sweepMs).unref();
  }

  read(pending: ProxiedSocket, header: ProxyHeader): void {
    const { socket } = pending;
    const proceed = this.#pending.get(pending) as Proceed;
    this.#forget(pending);
    announcePeer(socket, announcedPeer(plainAddress(socket.remoteAddress), header));
    proceed(socket);
  }

  gone(pending: ProxiedSocket, reason: ProxyRefusal | undefined): void {
    this.#forget(pending);
    if (reason !== undefined) this.options.refused(plainAddress(pending.socket.remoteAddress), reason);
  }

  #forget(pending: ProxiedSocket): void {
    this.#pending.delete(pending);
    if (this.#pending.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  readonly #closeLate = (): void => {
    const { timeoutMs, now } = this.options;
    const before = timeoutMs === 0 ? Number.NEGATIVE_INFINITY : now() - timeoutMs;
    const closing = this.closing();
    for (const pending of this.#pending.keys()) {
      if (closing) pending.refuse(undefined);
      else if (pending.startedAtMs <= before) pending.refuse('timeout');
    }
  };
}

/**
 * Puts a gate in front of an HTTP server: whoever listens to its connections by now, its own parser first of all, gets
 * them from the gate.
 */
export function expectProxyHeaders(server: Server, options: ProxyHeaderGateOptions): void {
  const listeners = server.rawListeners('connection');
  const gate = new ProxyHeaderGate(options, () => !server.listening);
  const proceed: Proceed = (socket) => {
    for (const listener of listeners) {
      listener.call(server, socket);
      // A limit refused it: nothing is made for it any more.
      if (socket.destroyed) return;
    }
    // Paused where a header was read. The HTTP parser listens and does not start a paused socket itself; TLS fetches what
    // it wants, and would lose what flows.
    if (socket.isPaused() && socket.listenerCount('data') > 0) socket.resume();
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => gate.accept(socket, proceed));
}
