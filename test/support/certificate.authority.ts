import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate with its private key, both PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Names and IPv4 addresses it is for. Default none. */
  readonly names?: readonly string[];
  /** Default: from a day ago until a day from now. */
  readonly notAfter?: Date;
  /** Where its issuer answers for it. */
  readonly responder?: string;
  /** It demands that its state is shown with it (RFC 7633). */
  readonly mustStaple?: boolean;
  /** It may sign such states in the name of its issuer. */
  readonly signsStates?: boolean;
}

const DAY_MS = 86_400_000;

/** Issues real certificates (RFC 5280) for tests, so that no file of them can expire in the repository. */
export class CertificateAuthority {
  readonly cert: string;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name: string;
  static #serial = 1;

  constructor(name = 'A test authority') {
    this.#name = name;
    const { publicKey, privateKey } = this.#keys;
    this.cert = certificate({ issuer: name, subject: name, publicKey, signer: privateKey, authority: true });
  }

  issue(subject: string, options: CertificateOptions = {}): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cert = certificate({
      issuer: this.#name,
      subject,
      publicKey,
      signer: this.#keys.privateKey,
      ...options,
    });
    return { cert, key: pemOf(privateKey) };
  }

  /** The authority's signature, ECDSA over SHA-256. */
  sign(bytes: Buffer): Buffer {
    return sign('sha256', bytes, this.#keys.privateKey);
  }

  /** A certificate that vouches for itself. */
  static selfSigned(subject: string, options: CertificateOptions = {}): Certified {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cert = certificate({ issuer: subject, subject, publicKey, signer: privateKey, ...options });
    return { cert, key: pemOf(privateKey) };
  }

  static nextSerial(): number {
    return CertificateAuthority.#serial++;
  }
}

interface Parts extends CertificateOptions {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly authority?: boolean;
}

function certificate({
  issuer,
  subject,
  publicKey,
  signer,
  names = [],
  notAfter,
  responder,
  mustStaple = false,
  signsStates = false,
  authority = false,
}: Parts): string {
  const algorithm = sequence(oid('06082a8648ce3d040302'));
  const until = notAfter ?? new Date(Date.now() + DAY_MS);
  const extensions = [
    // basicConstraints, critical.
    sequence(
      oid('0603551d13'),
      Buffer.from('0101ff', 'hex'),
      octets(sequence(authority ? Buffer.from('0101ff', 'hex') : Buffer.alloc(0))),
    ),
  ];
  if (names.length > 0)
    extensions.push(sequence(oid('0603551d11'), octets(sequence(...names.map(generalName)))));
  if (responder !== undefined) {
    const access = sequence(oid('06082b06010505073001'), tlv(0x86, Buffer.from(responder)));
    extensions.push(sequence(oid('06082b06010505070101'), octets(sequence(access))));
  }
  if (mustStaple) {
    extensions.push(sequence(oid('06082b06010505070118'), octets(sequence(Buffer.from('020105', 'hex')))));
  }
  if (signsStates) {
    extensions.push(sequence(oid('0603551d25'), octets(sequence(oid('06082b06010505070309')))));
  }
  const body = sequence(
    tlv(0xa0, Buffer.from('020102', 'hex')),
    tlv(0x02, Buffer.from(serialBytes())),
    algorithm,
    nameOf(issuer),
    sequence(time(new Date(until.getTime() - 2 * DAY_MS)), time(until)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signer);
  const whole = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function serialBytes(): number[] {
  const serial = CertificateAuthority.nextSerial();
  return [1, serial >> 8, serial & 0xff];
}

const generalName = (name: string): Buffer =>
  isIP(name) === 4
    ? tlv(0x87, Buffer.from(name.split('.').map(Number)))
    : tlv(0x82, Buffer.from(name, 'latin1'));

const nameOf = (text: string): Buffer =>
  sequence(tlv(0x31, sequence(oid('0603550403'), tlv(0x0c, Buffer.from(text)))));

const time = (at: Date): Buffer =>
  tlv(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+/g, '')}`, 'latin1'));

const oid = (hex: string): Buffer => Buffer.from(hex, 'hex');
/** ecdsa-with-SHA256. */
export const SIGNATURE_ALGORITHM = Buffer.from('300a06082a8648ce3d040302', 'hex');

const octets = (content: Buffer): Buffer => tlv(0x04, content);
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts);

/** One value of DER. */
export function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
