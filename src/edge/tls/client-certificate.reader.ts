import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { type ClientCertificate, carryClientCertificate } from '../../contracts/client-certificate.js';

/**
 * Lets the client's verified certificate be read from a connection.
 *
 * `authorized` alone says too little: a session that is resumed without a certificate has nothing that could be
 * wrong. A resumed one was verified when its session was made, so its time is looked at again.
 *
 * @returns `false` when the session of a certificate was resumed whose time is over; the connection is closed
 */
export function presentClientCertificate(socket: TLSSocket, nowMs = Date.now()): boolean {
  if (!socket.authorized) return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return true;
  if (socket.isSessionReused() && certificate.validToDate.getTime() < nowMs) {
    socket.destroy();
    return false;
  }
  carryClientCertificate(socket, () => describe(certificate));
  return true;
}

function describe(certificate: X509Certificate): ClientCertificate {
  return Object.freeze({
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: Object.freeze(entriesOf(certificate.subjectAltName ?? '')),
    fingerprint: certificate.fingerprint256,
    serial: certificate.serialNumber,
    validFrom: certificate.validFromDate,
    validTo: certificate.validToDate,
  });
}

/** Node quotes, as a JSON string, what holds a character that could hide another entry. */
function entriesOf(subjectAltName: string): string[] {
  const entries = subjectAltName.matchAll(/([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/g);
  return [...entries].map(([, kind, quoted, plain]) =>
    quoted === undefined ? `${kind}:${plain}` : `${kind}:${JSON.parse(quoted) as string}`,
  );
}
