import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { JwtFactory } from '../../../../src/policies/authenticate/jwt/jwt.factory.js';
import type { JwtOptions } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { type JwtSettings, NO_JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import {
  configureJwt,
  type JwtConfiguration,
} from '../../../../src/policies/authenticate/jwt/jwt-configuration.js';
import { EC_256, ED25519, pem, RSA, SECRET } from './test-tokens.js';

const problemsOf = (options: JwtOptions, settings: JwtSettings = NO_JWT_SETTINGS): readonly string[] =>
  new JwtFactory(settings).check(options);

describe('keys that boot refuses', () => {
  it('names every way to give one when there is none', () => {
    expect(problemsOf({})).toEqual([
      'jwt has no key; set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWT_JWKS_URI, or give jwt({ secret }), jwt({ publicKey }) or jwt({ jwksUri }).',
    ]);
  });

  it('counts the bytes of a secret, not its characters', () => {
    expect(problemsOf({ secret: 'x'.repeat(31) })).toEqual(['jwt.secret has 31 bytes; must be at least 32.']);
    expect(problemsOf({ secret: 'é'.repeat(16) })).toEqual([]);
  });

  const text = pem(RSA.publicKey);
  it.each([
    ['PEM', text],
    ['PEM after a space', ` ${text}`],
    ['PEM after a line', `\n\n${text}`],
    ['a private key', RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a JWK', JSON.stringify(RSA.publicKey.export({ format: 'jwk' }), null, 2)],
    ['DER in base64', RSA.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  ])('refuses %s as a secret and shows nothing of it', (_kind, secret) => {
    const [problem, ...others] = problemsOf({ secret });

    expect(problem).toBe(
      'jwt.secret holds a public or private key; give it as publicKey (JWT_PUBLIC_KEY_FILE) instead.',
    );
    expect(others).toEqual([]);
  });

  it('refuses an RSA key below 2048 bits', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });

    expect(problemsOf({ publicKey: pem(weak.publicKey), audience: 'any' })).toEqual([
      'jwt.publicKey is an RSA key of 1024 bits; must be at least 2048.',
    ]);
  });

  it('refuses a private key, two keys in one text, and what is no key', () => {
    const secretHalf = RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const given = [
      secretHalf,
      text + text,
      'ssh-rsa AAAA',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    ];

    const problems = given.map((publicKey) => problemsOf({ publicKey, audience: 'any' }));

    expect(problems).toEqual([
      ['jwt.publicKey holds a private key; give only its public half.'],
      ['jwt.publicKey holds 2 PEM blocks; must be one.'],
      ['jwt.publicKey holds 0 PEM blocks; must be one.'],
      ['jwt.publicKey cannot be read; must be a PEM public key or certificate.'],
    ]);
  });

  it.each([
    ['x25519', generateKeyPairSync('x25519')],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
  ])('refuses a key of the kind %s, which no algorithm verifies', (_kind, pair) => {
    expect(problemsOf({ publicKey: pem(pair.publicKey), audience: 'any' })).toEqual([
      'jwt.publicKey is of a kind no algorithm verifies; must be RSA, EC (P-256, P-384, P-521) or EdDSA.',
    ]);
  });

  it('refuses two keys', () => {
    expect(problemsOf({ secret: SECRET, publicKey: text, audience: 'any' })).toEqual([
      'jwt has more than one key; keep one of secret, publicKey.',
    ]);
  });

  it('does not fall back to the gateway’s key when a declared one is undefined', () => {
    const unset = { secret: process.env['PORTCULLIS_TEST_UNSET'] } as JwtOptions;

    expect(problemsOf(unset, { secret: SECRET, clockSkewSeconds: 0 })).toEqual([
      "jwt.secret is undefined; must be the key, or left out to use the gateway's own.",
    ]);
  });
});

describe('rules that boot refuses', () => {
  it.each([
    [['HS256', 'RS256'], 'RS256'],
    [['none'], 'none'],
    [['HS257'], 'HS257'],
  ])('never mixes families: %j with a secret', (algorithms, wrong) => {
    expect(problemsOf({ secret: SECRET, algorithms })).toEqual([
      `jwt.algorithms names "${wrong}"; this key can only verify HS256, HS384, HS512.`,
    ]);
  });

  it('asks for an audience with a public key', () => {
    expect(problemsOf({ publicKey: pem(ED25519.publicKey) })).toEqual([
      'jwt has a public key and no audience; set JWT_AUDIENCE, or `any` if every audience is meant.',
    ]);
  });

  it('lists every problem at once', () => {
    const problems = problemsOf({
      publicKey: pem(EC_256.publicKey),
      algorithms: [],
      issuer: '',
      clockSkewSeconds: -1,
      realm: 'a"b',
      ...({ audiance: 'orders' } as object),
    });

    expect(problems).toEqual([
      'jwt.clockSkewSeconds is -1; must be 0–300.',
      'jwt.issuer is ""; must be a text that is not empty.',
      'jwt.realm is "a\\"b"; must be printable ASCII without quotes and backslashes.',
      'jwt.audiance is not an option; did you mean jwt.audience?',
      'jwt has a public key and no audience; set JWT_AUDIENCE, or `any` if every audience is meant.',
      'jwt.algorithms is []; must name some of ES256, or be left out.',
    ]);
  });
});

describe('settings and declarations', () => {
  const settings: JwtSettings = {
    secret: SECRET,
    issuer: 'https://idp',
    audience: ['orders'],
    algorithms: ['HS256'],
    clockSkewSeconds: 5,
  };

  const issuerOf = (options: JwtOptions) => (configureJwt(options, settings) as JwtConfiguration).issuers[0];

  it('takes everything from the settings when nothing is declared', () => {
    expect(issuerOf({})).toMatchObject({
      algorithms: ['HS256'],
      issuer: 'https://idp',
      audience: ['orders'],
      clockSkewMs: 5_000,
    });
  });

  it('changes single rules and keeps the others', () => {
    expect(issuerOf({ audience: 'any' })).toMatchObject({
      issuer: 'https://idp',
      audience: undefined,
    });
  });

  it('takes nothing from the settings once a declaration has a key of its own', () => {
    const own = issuerOf({ publicKey: pem(RSA.publicKey), audience: 'any' });

    expect(own).toMatchObject({
      algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
      issuer: undefined,
      clockSkewMs: 0,
    });
  });

  it('makes one method for equal configurations and another for a different one', () => {
    const factory = new JwtFactory(settings);

    const [first, second, other] = [
      factory.create({}),
      factory.create({}),
      factory.create({ audience: 'users' }),
    ];

    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it('says for the boot table whom it believes', () => {
    const factory = new JwtFactory(settings);

    expect(factory.describe({})).toBe('jwt from https://idp for orders');
    expect(factory.describe({ secret: SECRET })).toBe('jwt');
  });
});
