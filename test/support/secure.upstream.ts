import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';

/** A connection as a secure upstream holds it. */
export interface SecureSide {
  readonly socket: TLSSocket;
  /** The name the gateway asked for; `undefined` without SNI. */
  readonly serverName: string | undefined;
  readonly resumed: boolean;
  readonly protocol: string;
  readonly version: string;
  /** The common name of the gateway's certificate, when it showed one that holds. */
  readonly client: string | undefined;
  requests: number;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An upstream behind TLS on loopback that answers each request with `ok`, or as told. */
export class SecureUpstream {
  readonly sides: SecureSide[] = [];
  /** May be changed at any time. */
  respond: (side: SecureSide) => void = ({ socket }) => socket.write(OK);
  readonly #server: Server;

  private constructor(options: TlsOptions) {
    this.#server = createServer({ ALPNProtocols: ['http/1.1'], ...options }, (socket) => this.#take(socket));
    this.#server.on('tlsClientError', () => {});
  }

  static async start(options: TlsOptions): Promise<SecureUpstream> {
    const upstream = new SecureUpstream(options);
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Shows another certificate from now on. */
  show(options: TlsOptions): void {
    this.#server.setSecureContext(options);
  }

  async close(): Promise<void> {
    for (const { socket } of this.sides) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: TLSSocket): void {
    const servername = (socket as TLSSocket & { servername?: string | false }).servername;
    const name = socket.authorized
      ? (socket.getPeerCertificate().subject?.CN as string | undefined)
      : undefined;
    const side: SecureSide = {
      socket,
      serverName: servername === false ? undefined : servername,
      resumed: socket.isSessionReused(),
      protocol: String(socket.alpnProtocol),
      version: String(socket.getProtocol()),
      client: name,
      requests: 0,
      closed: new Promise((resolve) => socket.once('close', () => resolve())),
    };
    this.sides.push(side);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4);
        side.requests++;
        this.respond(side);
      }
    });
  }
}
