import { verify, X509Certificate } from 'node:crypto';
import { type Der, expectTag, readOne, readValues, TAG } from './der.js';

/** Until when a state holds, in milliseconds since 1970. */
export interface GoodState {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

const EXPLICIT_0 = 0xa0;
const GOOD = 0x80;
const REVOKED = 0xa1;
/** Clocks differ. */
const SKEW_MS = 300_000;

/** id-pkix-ocsp-basic, 1.3.6.1.5.5.7.48.1.1. */
const BASIC = Buffer.from('2b0601050507300101', 'hex');
/** id-kp-OCSPSigning. */
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** Signature algorithms by their OIDs (RFC 4055, RFC 5758, RFC 8410). SHA-1 is no signature any more. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
};

/**
 * Reads what a responder said of a certificate (RFC 6960, section 4.2.1). Only what a client would take is worth showing:
 * signed by the issuer or by whom it named for that, about this certificate, good, and of today.
 *
 * @throws Error with the reason, when it is anything else
 */
export function goodState(response: Buffer, id: Buffer, issuer: X509Certificate, nowMs: number): GoodState {
  const [status, bytes] = readValues(readOne(response, TAG.sequence).content);
  const code = expectTag(status, TAG.enumerated).content[0];
  if (code !== 0) throw new Error(`the responder answered with the error ${code}`);
  const [type, basic] = readValues(readOne(expectTag(bytes, EXPLICIT_0).content, TAG.sequence).content);
  if (!expectTag(type, TAG.oid).content.equals(BASIC)) throw new Error('the answer is of another kind');
  const parts = readValues(readOne(expectTag(basic, TAG.octetString).content, TAG.sequence).content);
  const data = expectTag(parts[0], TAG.sequence);
  checkSignature(parts, data.whole, issuer, nowMs);
  return stateIn(data, id, nowMs);
}

function stateIn(data: Der, id: Buffer, nowMs: number): GoodState {
  const responses = readValues(data.content).find(({ tag }) => tag === TAG.sequence);
  const single = readValues(expectTag(responses, TAG.sequence).content)
    .map(({ content }) => readValues(content))
    .find(([certificate]) => certificate?.whole.equals(id));
  if (single === undefined) throw new Error('the answer is about another certificate');
  const [, state, from, until] = single;
  if (state?.tag === REVOKED) throw new Error('the certificate is revoked');
  if (state?.tag !== GOOD) throw new Error('the responder does not know the certificate');
  const thisUpdate = timeOf(expectTag(from, TAG.generalizedTime));
  const nextUpdate = timeOf(readOne(expectTag(until, EXPLICIT_0).content, TAG.generalizedTime));
  if (thisUpdate > nowMs + SKEW_MS || nextUpdate <= nowMs) throw new Error('the answer is not of today');
  return { thisUpdate, nextUpdate };
}

function checkSignature(parts: readonly Der[], signed: Buffer, issuer: X509Certificate, nowMs: number): void {
  const [, algorithm, signature, certificates] = parts;
  const [oid] = readValues(expectTag(algorithm, TAG.sequence).content);
  const digest = DIGESTS[expectTag(oid, TAG.oid).content.toString('hex')];
  if (digest === undefined) throw new Error('the answer is signed by an unknown algorithm');
  const bits = expectTag(signature, TAG.bitString).content.subarray(1);
  const signers = [issuer, ...delegatesIn(certificates, issuer, nowMs)];
  if (!signers.some(({ publicKey }) => verify(digest, signed, publicKey, bits))) {
    throw new Error('the answer is not signed by the issuer');
  }
}

/** RFC 6960, section 4.2.2.2: those that the issuer itself certified for this. */
function delegatesIn(
  certificates: Der | undefined,
  issuer: X509Certificate,
  nowMs: number,
): X509Certificate[] {
  if (certificates === undefined) return [];
  return readValues(readOne(expectTag(certificates, EXPLICIT_0).content, TAG.sequence).content)
    .map(({ whole }) => new X509Certificate(whole))
    .filter(
      (delegate) =>
        delegate.checkIssued(issuer) &&
        delegate.verify(issuer.publicKey) &&
        delegate.keyUsage?.includes(OCSP_SIGNING) === true &&
        delegate.validFromDate.getTime() <= nowMs + SKEW_MS &&
        delegate.validToDate.getTime() > nowMs,
    );
}

/** RFC 5280, section 4.1.2.5.2: always in UTC, always with seconds. */
function timeOf({ content }: Der): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(content.toString('latin1'));
  if (match === null) throw new RangeError('a time that is none');
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
