import type { X509Certificate } from 'node:crypto';
import { type Der, expectTag, readOne, readValues, TAG } from './der.js';

/** What OCSP needs of a certificate beyond what node:crypto tells (RFC 5280, section 4.1). */
export interface CertificateFacts {
  /** DER of the serial number, tag and length included. */
  readonly serial: Buffer;
  /** DER of the issuer's name. */
  readonly issuerName: Buffer;
  /** The bits of its public key. */
  readonly publicKey: Buffer;
  /** It demands that its state is shown with it: RFC 7633. */
  readonly mustStaple: boolean;
  /** Where its issuer answers for it. */
  readonly responder: string | undefined;
}

/** TLS feature, 1.3.6.1.5.5.7.1.24. */
const TLS_FEATURE = Buffer.from('2b06010505070118', 'hex');
/** A list that holds status_request, 5. */
const STATUS_REQUEST = Buffer.from('020105', 'hex');

const EXPLICIT_0 = 0xa0;
const EXTENSIONS = 0xa3;

/** @throws RangeError when the certificate is none that RFC 5280 describes */
export function factsOf(certificate: X509Certificate): CertificateFacts {
  const [tbs] = readValues(readOne(certificate.raw, TAG.sequence).content);
  const fields = readValues(expectTag(tbs, TAG.sequence).content);
  const [serial, , issuer, , , keyInfo] = fields[0]?.tag === EXPLICIT_0 ? fields.slice(1) : fields;
  const [, key] = readValues(expectTag(keyInfo, TAG.sequence).content);
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS);
  return {
    serial: expectTag(serial, TAG.integer).whole,
    issuerName: expectTag(issuer, TAG.sequence).whole,
    // The first byte counts the bits that are not used.
    publicKey: expectTag(key, TAG.bitString).content.subarray(1),
    mustStaple: extensions !== undefined && demandsStaple(extensions),
    responder: /^OCSP - URI:(http:\/\/[\x21-\x7e]+)$/m.exec(certificate.infoAccess ?? '')?.[1],
  };
}

function demandsStaple({ content }: Der): boolean {
  return readValues(readOne(content, TAG.sequence).content).some((extension) => {
    const parts = readValues(extension.content);
    const value = parts.at(-1);
    if (parts[0]?.content.equals(TLS_FEATURE) !== true || value === undefined) return false;
    return readValues(readOne(value.content, TAG.sequence).content).some(({ whole }) =>
      whole.equals(STATUS_REQUEST),
    );
  });
}
