import { constants, createHash, createPublicKey, type KeyObject, privateEncrypt, sign } from 'node:crypto';
import {
  CLAIMS,
  encode,
  good,
  headerOf,
  partsOf,
  resigned,
  SIGNERS,
  type Signer,
  signatureOf,
  signed,
  signerNamed,
  signerOf,
  withSignature,
} from './jws.maker.js';
import type { JwsCase } from './jws-case.js';

const flip = (bytes: Buffer, at: number, bit = 1): Buffer => {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] as number) ^ bit;
  return changed;
};

/** What holds for every algorithm alike. */
function commonCases(signer: Signer): readonly JwsCase[] {
  const { name, jwk, algorithm } = signer;
  const [header, payload, signature] = partsOf(good(signer));
  // RSA keys are shared by all who need one; a second one is another algorithm's business.
  const stranger = /^[RP]S/.test(algorithm)
    ? undefined
    : signerOf(algorithm, name.slice(algorithm.length + 2, -1));
  const invalid: Readonly<Record<string, string>> = {
    'with the first bit of its signature changed': resigned(signer, (bytes) => flip(bytes, 0, 0x80)),
    'with a bit in the middle of its signature changed': resigned(signer, (bytes) =>
      flip(bytes, bytes.length >> 1),
    ),
    'with the last bit of its signature changed': resigned(signer, (bytes) => flip(bytes, bytes.length - 1)),
    'with a signature that lacks its last byte': resigned(signer, (bytes) => bytes.subarray(0, -1)),
    'with a signature that lacks its first byte': resigned(signer, (bytes) => bytes.subarray(1)),
    'with half a signature': resigned(signer, (bytes) => bytes.subarray(0, bytes.length >> 1)),
    'with a zero behind its signature': resigned(signer, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
    'with a zero in front of its signature': resigned(signer, (bytes) =>
      Buffer.concat([Buffer.alloc(1), bytes]),
    ),
    'with a signature of zeros': resigned(signer, (bytes) => Buffer.alloc(bytes.length)),
    'without a signature': `${header}.${payload}.`,
    'with another payload': `${header}.${encode({ ...CLAIMS, sub: 'root' })}.${signature}`,
    'with another header': `${encode({ ...headerOf(signer), typ: 'JWT' })}.${payload}.${signature}`,
    'that says none': `${encode({ ...headerOf(signer), alg: 'none' })}.${payload}.${signature}`,
    ...(stranger === undefined ? {} : { 'by a stranger’s key': signed(stranger, headerOf(signer)) }),
  };
  return [
    { name: `${name}, good`, keys: jwk, token: good(signer), valid: true },
    {
      name: `${name}, good, without a kid`,
      keys: jwk,
      token: signed(signer, { alg: algorithm }),
      valid: true,
    },
    ...Object.entries(invalid).map(([what, token]) => ({
      name: `${name}, ${what}`,
      keys: jwk,
      token,
      valid: false,
    })),
  ];
}

const ec = signerNamed('ES256');
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const number = (value: bigint, bytes = 32): Buffer =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
const bigint = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

/** r and s as they should never be (FIPS 186-5, section 6.4.2). */
const EDGES: Readonly<Record<string, bigint>> = {
  '0': 0n,
  '1': 1n,
  'n-1': ORDER - 1n,
  n: ORDER,
  'n+1': ORDER + 1n,
};

function ecCases(): readonly JwsCase[] {
  const edges = Object.entries(EDGES).flatMap(([rName, r]) =>
    Object.entries(EDGES).map(([sName, s]): [string, string] => [
      `ES256 with r = ${rName} and s = ${sName}`,
      resigned(ec, () => Buffer.concat([number(r), number(s)])),
    ]),
  );
  const shifted = (which: 0 | 1) =>
    resigned(ec, (bytes) => {
      const parts = [bytes.subarray(0, 32), bytes.subarray(32)];
      // As many bytes as it takes: one more than a number of this curve has.
      parts[which] = number(bigint(parts[which] as Buffer) + ORDER, 33);
      return Buffer.concat(parts);
    });
  const others: readonly [string, string][] = [
    [
      'ES256 in DER',
      withSignature(headerOf(ec), CLAIMS, (input) => sign('sha256', Buffer.from(input), ec.key)),
    ],
    ['ES256 with r + n', shifted(0)],
    ['ES256 with s + n', shifted(1)],
    ['ES256 with r and s in turn', resigned(ec, (b) => Buffer.concat([b.subarray(32), b.subarray(0, 32)]))],
    [
      'ES256 over SHA-384',
      withSignature(headerOf(ec), CLAIMS, (input) =>
        sign('sha384', Buffer.from(input), { key: ec.key, dsaEncoding: 'ieee-p1363' }),
      ),
    ],
    [
      'ES256 over SHA-512',
      withSignature(headerOf(ec), CLAIMS, (input) =>
        sign('sha512', Buffer.from(input), { key: ec.key, dsaEncoding: 'ieee-p1363' }),
      ),
    ],
    ['ES384 by a P-256 key', signed({ ...ec, algorithm: 'ES384' }, { ...headerOf(ec), alg: 'ES384' })],
    ['ES512 by a P-256 key', signed({ ...ec, algorithm: 'ES512' }, { ...headerOf(ec), alg: 'ES512' })],
    [
      'ES256 by a P-384 key under the kid of a P-256 one',
      signed({ ...signerNamed('ES384'), algorithm: 'ES256' }, headerOf(ec)),
    ],
    ['ES256K by a P-256 key', signed(ec, { ...headerOf(ec), alg: 'ES256K' })],
    [
      'ES256 padded to the length of P-384',
      resigned(ec, (b) =>
        Buffer.concat([Buffer.alloc(16), b.subarray(0, 32), Buffer.alloc(16), b.subarray(32)]),
      ),
    ],
  ];
  return [...edges, ...others].map(([name, token]) => ({ name, keys: ec.jwk, token, valid: false }));
}

const rs = signerNamed('RS256');
const ps = signerNamed('PS256');
const modulus = bigint(Buffer.from(rs.jwk['n'] as string, 'base64url'));

function pss(saltLength: number, hash = 'sha256'): string {
  return withSignature(headerOf(ps), CLAIMS, (input) =>
    sign(hash, Buffer.from(input), { key: ps.key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  );
}

function rsaCases(): readonly JwsCase[] {
  const digest = (input: string): Buffer => createHash('sha256').update(input).digest();
  const raw = (make: (input: string) => Buffer): string =>
    withSignature(headerOf(rs), CLAIMS, (input) => privateEncrypt(rs.key, make(input)));
  const filled = (value: bigint): string => resigned(rs, () => number(value, 256));
  const invalid: readonly [string, string, Signer][] = [
    [
      'RS256 over SHA-1',
      withSignature(headerOf(rs), CLAIMS, (input) => sign('sha1', Buffer.from(input), rs.key)),
      rs,
    ],
    [
      'RS256 over SHA-512',
      withSignature(headerOf(rs), CLAIMS, (input) => sign('sha512', Buffer.from(input), rs.key)),
      rs,
    ],
    [
      'RS256 over MD5',
      withSignature(headerOf(rs), CLAIMS, (input) => sign('md5', Buffer.from(input), rs.key)),
      rs,
    ],
    ['RS256 around the bare hash', raw(digest), rs],
    ['RS256 around the hash of nothing', raw(() => digest('')), rs],
    ['RS256 around the text itself', raw((input) => Buffer.from(input).subarray(0, 64)), rs],
    ['RS256 that is 0', filled(0n), rs],
    ['RS256 that is 1', filled(1n), rs],
    ['RS256 that is n-1', filled(modulus - 1n), rs],
    ['RS256 that is n', filled(modulus), rs],
    ['RS256 that is made by PSS', signed({ ...rs, algorithm: 'PS256' }, headerOf(rs)), rs],
    [
      'PS256 by a key for RS256',
      signed({ ...rs, algorithm: 'PS256' }, { ...headerOf(rs), alg: 'PS256' }),
      rs,
    ],
    [
      'RS384 by a key for RS256',
      signed({ ...rs, algorithm: 'RS384' }, { ...headerOf(rs), alg: 'RS384' }),
      rs,
    ],
    [
      'RS512 by a key for RS256',
      signed({ ...rs, algorithm: 'RS512' }, { ...headerOf(rs), alg: 'RS512' }),
      rs,
    ],
    ['RS1 by a key for RS256', signed(rs, { ...headerOf(rs), alg: 'RS1' }), rs],
    ['PS256 that is made by PKCS #1 v1.5', signed({ ...ps, algorithm: 'RS256' }, headerOf(ps)), ps],
    [
      'RS256 by a key for PS256',
      signed({ ...ps, algorithm: 'RS256' }, { ...headerOf(ps), alg: 'RS256' }),
      ps,
    ],
    ['PS256 without a salt', pss(0), ps],
    ['PS256 with a salt of 20 bytes', pss(20), ps],
    ['PS256 with a salt one byte short', pss(31), ps],
    ['PS256 with a salt one byte long', pss(33), ps],
    ['PS256 with the longest salt', pss(constants.RSA_PSS_SALTLEN_MAX_SIGN), ps],
    ['PS256 over SHA-384', pss(48, 'sha384'), ps],
    ['PS256 over SHA-1', pss(20, 'sha1'), ps],
  ];
  return invalid.map(([name, token, { jwk }]) => ({ name, keys: jwk, token, valid: false }));
}

const ed = signerNamed('EdDSA');
/** The order of the base point (RFC 8032, section 5.1). */
const ED_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse();

function edCases(): readonly JwsCase[] {
  const other = signerNamed('EdDSA (Ed448');
  const invalid: readonly [string, string][] = [
    // RFC 8032, section 8.4: else one signature would have several spellings.
    [
      'EdDSA with S + L',
      resigned(ed, (b) =>
        Buffer.concat([b.subarray(0, 32), reversed(number(bigint(reversed(b.subarray(32))) + ED_ORDER))]),
      ),
    ],
    ['EdDSA with S = 0', resigned(ed, (b) => Buffer.concat([b.subarray(0, 32), Buffer.alloc(32)]))],
    [
      'EdDSA with R of order 1',
      resigned(ed, (b) => Buffer.concat([Buffer.from([1]), Buffer.alloc(31), b.subarray(32)])),
    ],
    ['EdDSA with R = 0', resigned(ed, (b) => Buffer.concat([Buffer.alloc(32), b.subarray(32)]))],
    ['EdDSA of Ed448 by an Ed25519 key', signed(other, headerOf(ed))],
    [
      'EdDSA over the hash',
      withSignature(headerOf(ed), CLAIMS, (input) =>
        sign(null, createHash('sha512').update(input).digest(), ed.key),
      ),
    ],
    ['an algorithm called Ed25519', signed(ed, { ...headerOf(ed), alg: 'Ed25519' })],
    ['an algorithm called eddsa', signed(ed, { ...headerOf(ed), alg: 'eddsa' })],
  ];
  return invalid.map(([name, token]) => ({ name, keys: ed.jwk, token, valid: false }));
}

const hs = signerNamed('HS256');

function hmacCases(): readonly JwsCase[] {
  const [header, payload] = partsOf(good(hs));
  const mac = (algorithm: string, input: string): Buffer => signatureOf(algorithm, hs.key, input);
  const invalid: readonly [string, string][] = [
    ['HS256 of 16 bytes', resigned(hs, (b) => b.subarray(0, 16))],
    ['HS256 of 1 byte', resigned(hs, (b) => b.subarray(0, 1))],
    ['HS256 made by SHA-384', withSignature(headerOf(hs), CLAIMS, (input) => mac('HS384', input))],
    [
      'HS256 made by SHA-512, cut to its length',
      withSignature(headerOf(hs), CLAIMS, (input) => mac('HS512', input).subarray(0, 32)),
    ],
    ['HS384 by a key for HS256', signed({ ...hs, algorithm: 'HS384' }, { ...headerOf(hs), alg: 'HS384' })],
    ['HS512 by a key for HS256', signed({ ...hs, algorithm: 'HS512' }, { ...headerOf(hs), alg: 'HS512' })],
    [
      'HS256 in hexadecimal',
      withSignature(headerOf(hs), CLAIMS, (input) => mac('HS256', input).toString('hex')),
    ],
    [
      'HS256 in base64url twice',
      withSignature(headerOf(hs), CLAIMS, (input) => mac('HS256', input).toString('base64url')),
    ],
    [
      'HS256 over the decoded parts',
      withSignature(headerOf(hs), CLAIMS, () =>
        mac('HS256', `${JSON.stringify(headerOf(hs))}.${JSON.stringify(CLAIMS)}`),
      ),
    ],
    ['HS256 over the payload alone', withSignature(headerOf(hs), CLAIMS, () => mac('HS256', payload))],
    ['HS256 over the header alone', withSignature(headerOf(hs), CLAIMS, () => mac('HS256', header))],
    ['HS256 over nothing', withSignature(headerOf(hs), CLAIMS, () => mac('HS256', ''))],
  ];
  return invalid.map(([name, token]) => ({ name, keys: hs.jwk, token, valid: false }));
}

/** The public half of a key in every spelling that could be taken for a secret. */
export function spellingsOf(key: KeyObject): Readonly<Record<string, string | Buffer>> {
  const half = createPublicKey(key as never);
  const pem = half.export({ type: 'spki', format: 'pem' }).toString();
  const der = half.export({ type: 'spki', format: 'der' });
  const jwk = half.export({ format: 'jwk' });
  return {
    PEM: pem,
    'PEM without its last line end': pem.trimEnd(),
    'PEM behind a space': ` ${pem}`,
    'PEM behind a line end': `\n${pem}`,
    'PEM behind a tab': `\t${pem}`,
    'PEM with other line ends': pem.replaceAll('\n', '\r\n'),
    'PEM without its frame': pem.replace(/-----[^-]+-----|\s/g, ''),
    DER: der,
    'DER in base64url': der.toString('base64url'),
    JWK: JSON.stringify(jwk),
    'JWK behind a space': ` ${JSON.stringify(jwk)}`,
    'JWK on several lines': JSON.stringify(jwk, null, 2),
    'its number': Buffer.from((jwk['n'] ?? jwk['x']) as string, 'base64url'),
    'its number as text': (jwk['n'] ?? jwk['x']) as string,
  };
}

export const SIGNATURE_CASES: readonly JwsCase[] = [
  ...SIGNERS.flatMap(commonCases),
  ...ecCases(),
  ...rsaCases(),
  ...edCases(),
  ...hmacCases(),
];
