import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ServerCertificates } from '../../contracts/server-certificate.js';
import { admit } from '../admitted-connection.js';
import { CertificateStore, hostName } from './certificate.store.js';
import { presentClientCertificate } from './client-certificate.reader.js';
import { contextOptions } from './context.options.js';
import { type HandshakeFailure, handshakeFailure } from './handshake-failure.js';
import { type HandshakeLimits, Handshakes } from './handshakes.js';
import { rememberShown } from './misdirected-request.js';

export interface TlsListenerOptions extends HandshakeLimits {
  readonly certificates: ServerCertificates;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** `undefined` asks clients for no certificate. */
  readonly clientAuth: 'required' | 'optional' | undefined;
  /** Serves HTTP/1.1, with all its limits and clocks. */
  readonly http: HttpServer;
  /** Takes connections that agreed on HTTP/2; it is offered only where somebody does. */
  readonly acceptHttp2: ((socket: TLSSocket) => void) | undefined;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly failed: (reason: HandshakeFailure) => void;
}

/** A certificate's answer to "is it revoked?", as its issuer signed it; `undefined` when there is none. */
export type StapleOf = (certificate: Buffer) => Buffer | undefined;

/**
 * Ends TLS in front of the HTTP server: once a handshake is done, its connection is one of the HTTP server's.
 *
 * Nothing that a client does in a handshake ends more than its own connection.
 */
export class TlsListener {
  /** Limits and the PROXY gate stand in front of it as in front of any server. */
  readonly server: Server;
  readonly #handshakes: Handshakes;
  #store: CertificateStore;
  #keyRotation: NodeJS.Timeout | undefined;

  constructor(readonly options: TlsListenerOptions) {
    const { certificates, clientAuth, acceptHttp2, now } = options;
    this.#store = this.#storeOf(certificates);
    this.#handshakes = new Handshakes(options, now);
    this.server = createServer({
      ...contextOf(this.#store),
      SNICallback: (name, done) => done(null, this.#store.choose(hostName(name)).context),
      ALPNProtocols: acceptHttp2 === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
      requestCert: clientAuth !== undefined,
      rejectUnauthorized: clientAuth === 'required',
      // Ours counts from the start of the connection; Node's would begin again with every byte.
      handshakeTimeout: NEVER_MS,
      noDelay: true,
    });
    this.#trackHandshakes();
    this.server.on('secureConnection', (socket) => this.#take(socket));
    this.server.on('tlsClientError', (error, socket) => this.#fail(error, socket));
  }

  get listening(): boolean {
    return this.server.listening;
  }

  /** @throws as `net.Server.listen` reports */
  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.removeListener('error', reject);
        this.#keyRotation = setInterval(this.#changeTicketKeys, TICKET_KEYS_MS).unref();
        resolve();
      });
    });
  }

  /** `undefined` before it listens. */
  get port(): number | undefined {
    return (this.server.address() as AddressInfo | null)?.port;
  }

  /** Shows others from now on. Connections stay; no session of before is resumed. */
  renew(certificates: ServerCertificates): void {
    this.#store = this.#storeOf(certificates);
    this.server.setSecureContext(contextOf(this.#store));
  }

  /** Shows a certificate's state with it where a client asks for that (OCSP stapling). */
  staple(stapleOf: StapleOf): void {
    this.server.on('OCSPRequest', (certificate, _issuer, done) =>
      done(null, stapleOf(certificate) as Buffer),
    );
  }

  /** Takes no more connections; resolves when the last one is over. */
  close(): Promise<void> {
    clearInterval(this.#keyRotation);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.#handshakes.closeAll();
    return closed;
  }

  readonly #changeTicketKeys = (): void => this.server.setTicketKeys(randomBytes(TICKET_KEYS_BYTES));

  #storeOf(certificates: ServerCertificates): CertificateStore {
    return new CertificateStore(certificates, contextOptions(this.options.minVersion, certificates.clientCa));
  }

  /** Nothing is made for a connection that a limit in front has refused. */
  #trackHandshakes(): void {
    const { server } = this;
    const begin = server.rawListeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (socket.destroyed) return;
      if (!this.#handshakes.begin(socket)) return this.options.failed('crowded');
      for (const listener of begin) listener.call(server, socket);
    });
  }

  #take(socket: TLSSocket): void {
    const { clientAuth, acceptHttp2, http } = this.options;
    this.#handshakes.end(below(socket));
    if (clientAuth !== undefined) {
      if (!presentClientCertificate(socket)) return;
      rememberShown(socket, this.#store);
    }
    if (socket.alpnProtocol === 'h2') {
      acceptHttp2?.(socket);
      return;
    }
    admit(socket);
    http.emit('connection', socket);
  }

  #fail(error: Error, socket: TLSSocket): void {
    const raw = below(socket);
    this.#handshakes.end(raw);
    const reason = handshakeFailure(error, socket, this.#handshakes.cutOf(raw));
    if (reason !== undefined) this.options.failed(reason);
    socket.destroy();
  }
}

/** Who learns the key of a ticket reads all sessions of TLS 1.2 that were resumed by such (RFC 5077, section 5.5). */
const TICKET_KEYS_MS = 12 * 3_600_000;
const TICKET_KEYS_BYTES = 48;

/** The largest that a timer takes. */
const NEVER_MS = 2_147_483_647;

/** The socket that was accepted; peers and handshakes are known by it. */
const below = (socket: TLSSocket): Socket => (socket as TLSSocket & { readonly _parent: Socket })._parent;

function contextOf({ fallback, options }: CertificateStore): object {
  const { chain, key } = fallback.certificate;
  return { ...options, cert: chain, key: key.reveal() };
}
