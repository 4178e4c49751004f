import { createHmac, generateKeyPairSync } from 'node:crypto';
import {
  CLAIMS,
  headerOf,
  type Json,
  type Signer,
  signatureOf,
  signed,
  signerNamed,
  signerOf,
  withSignature,
} from './jws.maker.js';
import type { JwsCase } from './jws-case.js';
import { spellingsOf } from './jws-signature.cases.js';

const rs = signerNamed('RS256');
const es = signerNamed('ES256');
const ed = signerNamed('EdDSA');
const made = signerOf('ES256', 'P-256');
const attacker: Signer = { ...made, jwk: { ...made.jwk, kid: 'stranger' } };

/** Whoever knows the public key, and so everybody, must not be able to sign with it as a secret. */
function confused(signer: Signer): readonly JwsCase[] {
  return Object.entries(spellingsOf(signer.key)).flatMap(([what, secret]) =>
    ['HS256', 'HS512'].map((alg) => ({
      name: `${alg} whose secret is the public key of ${signer.name}, ${what}`,
      keys: signer.jwk,
      token: withSignature({ ...headerOf(signer), alg }, CLAIMS, (input) =>
        createHmac(`sha${alg.slice(2)}`, secret)
          .update(input)
          .digest(),
      ),
      valid: false,
    })),
  );
}

/** Keys and addresses of keys that a token brings along; `address` must never be asked. */
export function selfKeyed(address: string): readonly JwsCase[] {
  const { kid: _, ...bare } = attacker.jwk;
  const brought: Readonly<Record<string, Json>> = {
    jwk: { jwk: attacker.jwk },
    'jwk under the kid of a known key': { jwk: { ...attacker.jwk, kid: es.jwk['kid'] }, kid: es.jwk['kid'] },
    'jwk without a kid': { jwk: bare },
    jku: { jku: `${address}/keys` },
    x5u: { x5u: `${address}/certificate` },
    x5c: { x5c: ['MIIB'] },
    'x5t and x5c': { x5t: 'AAAA', 'x5t#S256': 'AAAA', x5c: ['MIIB'] },
    'iss as an address': { iss: address, jku: `${address}/.well-known/jwks.json` },
  };
  return Object.entries(brought).map(([what, members]) => ({
    name: `a stranger’s signature with ${what}`,
    keys: es.jwk,
    token: signed(attacker, { alg: 'ES256', ...members }),
    valid: false,
  }));
}

/** What a key says it is for, on a key whose signature is good; a second key makes a set of it. */
function purposes(signer: Signer): readonly JwsCase[] {
  const { alg: _, use: __, ...plain } = signer.jwk;
  const tokenOf = signed(signer, headerOf(signer));
  const row = (what: string, jwk: Json, valid: boolean): JwsCase => ({
    name: `${signer.name} by a key ${what}`,
    keys: { keys: [jwk, attacker.jwk] },
    token: tokenOf,
    valid,
  });
  return [
    row('that says nothing', plain, true),
    row('with use sig', { ...plain, use: 'sig' }, true),
    row('with key_ops verify', { ...plain, key_ops: ['verify'] }, true),
    row('with key_ops sign and verify', { ...plain, key_ops: ['sign', 'verify'] }, true),
    row('with its alg', { ...plain, alg: signer.algorithm }, true),
    row('with members nobody knows', { ...plain, 'x5t#S256': 'x', exp: 1 }, true),
    row('with use enc', { ...plain, use: 'enc' }, false),
    row('with use in capitals', { ...plain, use: 'SIG' }, false),
    row('with use null', { ...plain, use: null }, false),
    row('with key_ops sign alone', { ...plain, key_ops: ['sign'] }, false),
    row('with key_ops encrypt', { ...plain, key_ops: ['encrypt', 'wrapKey'] }, false),
    row('with no key_ops in the list', { ...plain, key_ops: [] }, false),
    row('with key_ops that is a text', { ...plain, key_ops: 'verify' }, false),
    row('with alg of an encryption', { ...plain, alg: 'RSA-OAEP-256' }, false),
    row('with alg none', { ...plain, alg: 'none' }, false),
    row('with alg HS256', { ...plain, alg: 'HS256' }, false),
    row('with alg __proto__', { ...plain, alg: '__proto__' }, false),
    row('under another kid', { ...plain, kid: 'other' }, false),
    row('without a kid', { ...plain, kid: undefined }, false),
    row('with a kid that is a number', { ...plain, kid: 1 }, false),
    row('of kty oct', { ...plain, kty: 'oct', k: 'A'.repeat(43) }, false),
    row('of kty __proto__', { ...plain, kty: '__proto__' }, false),
  ];
}

/** Keys that no signature should be believed of; each stands beside a sound one. */
function weak(): readonly JwsCase[] {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const blunt = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const smallKey: Signer = {
    name: 'RS256 of 1024 bits',
    algorithm: 'RS256',
    key: small.privateKey,
    jwk: { ...small.publicKey.export({ format: 'jwk' }), kid: 'small' },
  };
  const bluntKey: Signer = {
    name: 'ES256 on secp256k1',
    algorithm: 'ES256',
    key: blunt.privateKey,
    jwk: { ...blunt.publicKey.export({ format: 'jwk' }), kid: 'blunt' },
  };
  const shortKey = { kty: 'oct', kid: 'short', k: Buffer.alloc(16, 7).toString('base64url') };
  const offCurve = { ...es.jwk, y: es.jwk['x'], kid: 'off' };
  const identity = { ...rs.jwk, e: 'AQ', kid: 'identity' };
  // With the exponent 1 the signature is the padded hash itself.
  const padded = (input: string): Buffer => signatureOf('RS256', rs.key, input);
  const beside = (jwk: Json): Json => ({ keys: [jwk, attacker.jwk] });
  const mac = (hash: string) => (input: string) =>
    createHmac(hash, Buffer.alloc(16, 7)).update(input).digest();
  const rows: readonly [string, Json, string][] = [
    ['an RSA key of 1024 bits', beside(smallKey.jwk), signed(smallKey, headerOf(smallKey))],
    ['a key on secp256k1', beside(bluntKey.jwk), signed(bluntKey, headerOf(bluntKey))],
    [
      'a secret of 16 bytes',
      beside(shortKey),
      withSignature({ alg: 'HS256', kid: 'short' }, CLAIMS, mac('sha256')),
    ],
    [
      'a secret shorter than the hash',
      beside({ ...shortKey, k: signerNamed('HS256').jwk['k'] }),
      withSignature({ alg: 'HS512', kid: 'short' }, CLAIMS, (input) =>
        signatureOf('HS512', signerNamed('HS256').key, input),
      ),
    ],
    ['a point off its curve', beside(offCurve), signed(es, { alg: 'ES256', kid: 'off' })],
    [
      'an RSA key with the exponent 1',
      beside(identity),
      withSignature({ alg: 'RS256', kid: 'identity' }, CLAIMS, padded),
    ],
    [
      'an RSA key with an even exponent',
      beside({ ...rs.jwk, e: 'Ag', kid: 'even' }),
      signed(rs, { alg: 'RS256', kid: 'even' }),
    ],
    [
      'a number with padding',
      beside({ ...rs.jwk, e: 'AQAB====', kid: 'padded' }),
      signed(rs, { alg: 'RS256', kid: 'padded' }),
    ],
    [
      'a number with loose bits',
      beside({ ...ed.jwk, x: `${String(ed.jwk['x']).slice(0, -1)}B`, kid: 'loose' }),
      signed(ed, { alg: 'EdDSA', kid: 'loose' }),
    ],
    [
      'a number that is missing',
      beside({ ...es.jwk, y: undefined, kid: 'half' }),
      signed(es, { alg: 'ES256', kid: 'half' }),
    ],
    [
      'a curve of another kind',
      beside({ ...ed.jwk, crv: 'X25519', kid: 'x' }),
      signed(ed, { alg: 'EdDSA', kid: 'x' }),
    ],
  ];
  return rows.map(([what, keys, token]) => ({ name: `a signature by ${what}`, keys, token, valid: false }));
}

/** Which of several keys is meant. */
function choices(): readonly JwsCase[] {
  const second = signerOf('ES256', 'P-256');
  const all: Json = { keys: [rs.jwk, es.jwk, ed.jwk] };
  const twins: Json = { keys: [es.jwk, second.jwk].map((jwk, i) => ({ ...jwk, kid: `twin ${i}` })) };
  const same: Json = { keys: [es.jwk, second.jwk].map((jwk) => ({ ...jwk, kid: 'same' })) };
  const mixed: Json = { keys: [rs.jwk, es.jwk].map((jwk) => ({ ...jwk, kid: 'same' })) };
  return [
    { name: 'no kid, and one key fits the alg', keys: all, token: signed(es, { alg: 'ES256' }), valid: true },
    {
      name: 'no kid, and two keys fit the alg',
      keys: twins,
      token: signed(es, { alg: 'ES256' }),
      valid: false,
    },
    {
      name: 'no kid, and no key fits the alg',
      keys: all,
      token: signed({ ...es, algorithm: 'ES384' }, { alg: 'ES384' }),
      valid: false,
    },
    {
      name: 'a kid that two keys of one alg have',
      keys: same,
      token: signed(es, { alg: 'ES256', kid: 'same' }),
      valid: false,
    },
    {
      name: 'a kid that keys of two algs have, the first',
      keys: mixed,
      token: signed(rs, { alg: 'RS256', kid: 'same' }),
      valid: true,
    },
    {
      name: 'a kid that keys of two algs have, the second',
      keys: mixed,
      token: signed(es, { alg: 'ES256', kid: 'same' }),
      valid: true,
    },
    {
      name: 'the kid of a key of another alg',
      keys: all,
      token: signed(es, { alg: 'ES256', kid: rs.jwk['kid'] }),
      valid: false,
    },
    {
      name: 'the alg of another key than the kid’s',
      keys: all,
      token: signed(es, { alg: 'RS256', kid: es.jwk['kid'] }),
      valid: false,
    },
    {
      name: 'the same key twice',
      keys: { keys: [es.jwk, es.jwk] },
      token: signed(es, { alg: 'ES256' }),
      valid: true,
    },
  ];
}

export const KEY_CASES: readonly JwsCase[] = [
  ...confused(rs),
  ...confused(es),
  ...confused(ed),
  ...purposes(rs),
  ...purposes(es),
  ...purposes(ed),
  ...weak(),
  ...choices(),
];
