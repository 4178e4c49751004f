import type { TLSSocket } from 'node:tls';
import type { DownstreamLine } from '../../contracts/downstream.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import { type CertificateStore, hostName, type ShownCertificate } from './certificate.store.js';

const SHOWN = Symbol('portcullis.shown-certificate');

interface Shown {
  readonly certificate: ShownCertificate;
  readonly store: CertificateStore;
}

type Carrier = DownstreamLine & { [SHOWN]?: Shown };

/** Keeps which certificate a connection was opened for. */
export function rememberShown(socket: TLSSocket, store: CertificateStore): void {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false | null };
  const certificate = servername ? store.choose(hostName(servername)) : store.fallback;
  (socket as Carrier)[SHOWN] = { certificate, store };
}

/**
 * Refuses a request for a host that another certificate is shown for than the connection's own (RFC 9110, section
 * 15.5.20): what was checked in the handshake of one host says nothing for another. A host that the connection's
 * certificate covers may share it, as clients of HTTP/2 do.
 */
export function misdirection(socket: DownstreamLine, host: string | undefined): GatewayError | undefined {
  const shown = ((socket.connection ?? socket) as Carrier)[SHOWN];
  if (shown === undefined || host === undefined) return undefined;
  const name = hostName(host);
  const { certificate, store } = shown;
  if (certificate.covers(name) || store.choose(name) === certificate) return undefined;
  return new GatewayError('misdirected', {
    detail: 'The connection was made for another host; open one for the host of the request.',
  });
}
