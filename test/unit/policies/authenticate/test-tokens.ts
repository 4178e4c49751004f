import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../src/contracts/clock.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { JwtMethod } from '../../../../src/policies/authenticate/jwt/jwt.method.js';
import type { JwtOptions } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { NO_JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import { configureJwt } from '../../../../src/policies/authenticate/jwt/jwt-configuration.js';
import { JwtVerifier } from '../../../../src/policies/authenticate/jwt/jwt-verifier.js';

/** 2026-11-01T00:00:00Z */
export const NOW_SECONDS = 1_793_491_200;

export const SECRET = 'a-shared-secret-of-more-than-thirty-two-bytes';

export class FakeClock implements Clock {
  nowMs = NOW_SECONDS * 1_000;
  now(): number {
    return this.nowMs;
  }
  monotonic(): number {
    return this.nowMs;
  }
}

export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const EC_256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const EC_384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const EC_521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
export const ED25519 = generateKeyPairSync('ed25519');
export const ED448 = generateKeyPairSync('ed448');

export const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

export type Json = Record<string, unknown>;

export const GOOD_CLAIMS: Json = {
  sub: 'user-1',
  exp: NOW_SECONDS + 60,
  iat: NOW_SECONDS - 60,
  scope: 'users:read orders:read',
};

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export function hmacToken(
  header: unknown,
  claims: unknown,
  secret: string | Buffer = SECRET,
  hash = 'sha256',
): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

/** A good HS256 token with other claims. */
export const withClaims = (claims: Json): string =>
  hmacToken({ alg: 'HS256', typ: 'JWT' }, { ...GOOD_CLAIMS, ...claims });

/** A good HS256 token with other header parameters. */
export const withHeader = (header: Json): string =>
  hmacToken({ alg: 'HS256', typ: 'JWT', ...header }, GOOD_CLAIMS);

export function signedToken(algorithm: string, key: KeyObject, claims: unknown = GOOD_CLAIMS): string {
  const input = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${signature(algorithm, key, Buffer.from(input)).toString('base64url')}`;
}

function signature(algorithm: string, key: KeyObject, input: Buffer): Buffer {
  if (algorithm === 'EdDSA') return sign(null, input, key);
  const hash = `sha${algorithm.slice(2)}`;
  switch (algorithm.slice(0, 2)) {
    case 'PS':
      return sign(hash, input, {
        key,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'ES':
      return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
    default:
      return sign(hash, input, key);
  }
}

function configured(options: JwtOptions) {
  const configuration = configureJwt(options, NO_JWT_SETTINGS);
  if (Array.isArray(configuration)) throw new Error(configuration.join('\n'));
  return configuration as Exclude<typeof configuration, readonly string[]>;
}

export const verifierFor = (options: JwtOptions = { secret: SECRET }, clock: Clock = new FakeClock()) =>
  new JwtVerifier(configured(options), clock);

export const methodFor = (options: JwtOptions = { secret: SECRET }, clock: Clock = new FakeClock()) =>
  new JwtMethod(configured(options), clock);

/** An exchange whose request has these raw header fields, on this connection. */
export function exchangeWith(rawHeaders: readonly string[], socket: object = {}): Exchange {
  const req = { rawHeaders, socket } as unknown as IncomingMessage;
  const res = {} as ServerResponse;
  return new Exchange(req, res, 'GET', '/', '', '127.0.0.1', 'id', 0, undefined);
}

export const bearer = (token: string, socket?: object): Exchange =>
  exchangeWith(['Host', 'gateway', 'Authorization', `Bearer ${token}`], socket);
