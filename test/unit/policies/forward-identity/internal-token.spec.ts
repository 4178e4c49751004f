import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { principalOf } from '../../../../src/contracts/principal.js';
import { readSigningKey, type SigningKey } from '../../../../src/contracts/signing-key.js';
import { IdentitySigner } from '../../../../src/policies/forward-identity/token/identity.signer.js';
import { InternalTokenMaker } from '../../../../src/policies/forward-identity/token/internal-token.maker.js';
import type { InternalTokenOptions } from '../../../../src/policies/forward-identity/token/internal-token.options.js';
import { FakeClock, NOW_SECONDS } from '../authenticate/test-tokens.js';

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const newKey = (): string => pem(generateKeyPairSync('ed25519').privateKey);

function makerWith(options: Partial<InternalTokenOptions> = {}) {
  const clock = new FakeClock();
  const signer = new IdentitySigner(
    { key: newKey(), issuer: 'https://gateway.test', overlapSeconds: 600 },
    clock,
  );
  const maker = new InternalTokenMaker(signer, { audience: 'orders', ...options }, clock);
  return { clock, signer, maker };
}

const ADA = principalOf({ method: 'jwt', subject: 'ada', claims: { tenant: 'north', secret: 'x' } });

describe('the token of a principal', () => {
  it('is signed once, and anew when a third of its time is left', () => {
    const { clock, maker } = makerWith();
    const first = maker.tokenOf(ADA);

    clock.nowMs += 39_999;
    const within = maker.tokenOf(ADA);
    clock.nowMs += 1;
    const beyond = maker.tokenOf(ADA);

    expect(within).toBe(first);
    expect(beyond).not.toBe(first);
    expect(decodeJwt(beyond)).toMatchObject({ iat: NOW_SECONDS + 40, exp: NOW_SECONDS + 100 });
  });

  it('is signed anew when the key was replaced', () => {
    const { signer, maker } = makerWith();
    const first = maker.tokenOf(ADA);

    signer.changeKey(newKey());

    expect(maker.tokenOf(ADA)).not.toBe(first);
  });

  it('holds the claims that are named, and of the rest what everybody needs', () => {
    const consumer = { id: 'c-1', name: 'n', customId: 'x', plan: 'gold', groups: new Set(['a']) };
    const { maker } = makerWith({ audience: ['a', 'b'], claims: ['tenant', 'absent', '__proto__'] });

    const { jti, ...claims } = decodeJwt(
      maker.tokenOf(principalOf({ ...ADA, consumer, scopes: new Set(['r', 'w']) })),
    );

    expect(claims).toEqual({
      iss: 'https://gateway.test',
      sub: 'ada',
      aud: ['a', 'b'],
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 60,
      scope: 'r w',
      consumer: 'c-1',
      tenant: 'north',
    });
    expect(jti).toEqual(expect.any(String));
  });

  it.each<[string, unknown, number]>([
    ['its own end', NOW_SECONDS + 20.9, 20],
    ['a later end', NOW_SECONDS + 900, 60],
    ['an end that the clock skew forgave', NOW_SECONDS - 3, 5],
    ['no end', undefined, 60],
    ['an end that is none', '7', 60],
  ])('ends in time for a credential with %s', (_, exp, seconds) => {
    const { maker } = makerWith();

    const claims = decodeJwt(maker.tokenOf(principalOf({ ...ADA, claims: { exp } })));

    expect(claims.exp).toBe(NOW_SECONDS + seconds);
  });
});

describe('the published keys', () => {
  it('hold the one before for the overlap and no longer', () => {
    const { clock, signer } = makerWith();
    const before = signer.keyId;
    signer.changeKey(newKey());
    const ids = (): unknown[] => signer.keySet().keys.map(({ kid }) => kid);

    clock.nowMs += 599_999;
    const within = ids();
    clock.nowMs += 1;
    const beyond = ids();

    expect(within).toEqual([signer.keyId, before]);
    expect(beyond).toEqual([signer.keyId]);
  });

  it('never grow without bound, nor hold one twice', () => {
    const { signer } = makerWith();
    const back = newKey();
    signer.changeKey(back);
    for (let i = 0; i < 20; i++) signer.changeKey(newKey());
    const many = signer.keySet().keys.length;

    signer.changeKey(back);
    signer.changeKey(back);

    const ids = signer.keySet().keys.map(({ kid }) => kid);
    expect(many).toBe(9);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are the old ones when the new file holds none', () => {
    const { signer } = makerWith();
    const before = signer.keyId;

    const problems = signer.changeKey('nothing');

    expect(problems).toEqual([expect.stringContaining('IDENTITY_KEY_FILE holds no private key')]);
    expect(signer.keyId).toBe(before);
  });

  it('are all that an inspected signer shows', () => {
    const { signer } = makerWith();

    expect(inspect(signer, { depth: 9, showHidden: true })).not.toContain('PRIVATE');
    expect(JSON.stringify(signer)).not.toContain('"d"');
    expect(JSON.stringify(signer.keySet())).not.toContain('"d"');
  });
});

describe('a signing key', () => {
  it.each([
    ['EdDSA', generateKeyPairSync('ed25519').privateKey],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('of %s is named by its thumbprint, and others verify what it signs', async (algorithm, key) => {
    const { keyId, jwk } = readSigningKey(pem(key)) as SigningKey;
    const signer = new IdentitySigner({ key: pem(key), issuer: 'i', overlapSeconds: 0 });

    const signed = signer.sign({ sub: 'ada' });

    expect(jwk['alg']).toBe(algorithm);
    expect(keyId).toBe(await calculateJwkThumbprint(jwk));
    const set = createLocalJWKSet(signer.keySet() as unknown as JSONWebKeySet);
    expect((await jwtVerify(signed, set)).payload).toEqual({ sub: 'ada' });
  });

  it.each([
    ['no private key', pem(generateKeyPairSync('ed25519').privateKey).slice(0, 40)],
    [
      'no private key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['of a kind', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
    ['of a kind', pem(generateKeyPairSync('x25519').privateKey)],
    ['of a kind', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey)],
    [
      'without a passphrase',
      generateKeyPairSync('ed25519', {
        privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' },
        publicKeyEncoding: { type: 'spki', format: 'pem' },
      }).privateKey,
    ],
  ])('is refused as one that is %s', (fault, text) => {
    expect(readSigningKey(text)).toContain(fault);
  });
});
