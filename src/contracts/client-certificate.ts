import type { DownstreamLine } from './downstream.js';

/** A client's certificate whose chain the gateway verified in the handshake. */
export interface ClientCertificate {
  /** RFC 4514 would write it in one line; here one attribute a line, as node:crypto gives it: `CN=partner`. */
  readonly subject: string;
  /** In the form of `subject`. */
  readonly issuer: string;
  /** The subjectAltName entries in the form `DNS:name`, `URI:spiffe://…`, `IP Address:…`. */
  readonly names: readonly string[];
  /** SHA-256 over the DER, in upper-case pairs with colons. */
  readonly fingerprint: string;
  /** Hexadecimal. */
  readonly serial: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

const READER = Symbol('portcullis.client-certificate');

type Carrier = DownstreamLine & { [READER]?: () => ClientCertificate | undefined };

/** Lets the verified certificate of a connection be read; it is, at most once, when somebody asks. */
export function carryClientCertificate(
  socket: DownstreamLine,
  read: () => ClientCertificate | undefined,
): void {
  let certificate: ClientCertificate | undefined;
  let known = false;
  (socket as Carrier)[READER] = () => {
    if (!known) {
      certificate = read();
      known = true;
    }
    return certificate;
  };
}

/** The verified certificate of a connection's client; `undefined` without one. */
export function clientCertificateOf(socket: DownstreamLine): ClientCertificate | undefined {
  return ((socket.connection ?? socket) as Carrier)[READER]?.();
}
