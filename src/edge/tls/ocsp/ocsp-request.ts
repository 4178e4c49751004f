import { createHash, type X509Certificate } from 'node:crypto';
import { factsOf } from './certificate-facts.js';
import { TAG, writeValue } from './der.js';

/** SHA-1, 1.3.14.3.2.26: it only names the issuer here, and every responder knows it (RFC 5019, section 2.1.1). */
const SHA1 = writeValue(
  TAG.sequence,
  writeValue(TAG.oid, Buffer.from('2b0e03021a', 'hex')),
  writeValue(TAG.null),
);

const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest();

/** How OCSP names a certificate: RFC 6960, section 4.1.1. */
export function certificateId(certificate: X509Certificate, issuer: X509Certificate): Buffer {
  const { serial, issuerName } = factsOf(certificate);
  return writeValue(
    TAG.sequence,
    SHA1,
    writeValue(TAG.octetString, sha1(issuerName)),
    writeValue(TAG.octetString, sha1(factsOf(issuer).publicKey)),
    serial,
  );
}

/** Asks for one certificate, unsigned and without a nonce: responders give out what they signed beforehand (RFC 5019). */
export function ocspRequest(id: Buffer): Buffer {
  const request = writeValue(TAG.sequence, id);
  const list = writeValue(TAG.sequence, request);
  return writeValue(TAG.sequence, writeValue(TAG.sequence, list));
}
