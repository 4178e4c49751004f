import { describe, expect, it } from 'vitest';
import type { AuthenticationMethod } from '../../../../src/policies/authenticate/authentication-method.js';
import { JwtFactory } from '../../../../src/policies/authenticate/jwt/jwt.factory.js';
import type { JwtOptions } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { Refusal } from '../../../../src/policies/authenticate/refusal.js';
import { bearer, hmacToken, pem, RSA, SECRET } from './test-tokens.js';

const NEXT = 'the-next-secret-of-thirty-two-bytes-or-more';
const CLAIMS = { sub: 'user-1', exp: Math.floor(Date.now() / 1_000) + 600 };
const HEADER = { alg: 'HS256', typ: 'JWT' };
const OLD_TOKEN = hmacToken(HEADER, CLAIMS);
const NEW_TOKEN = hmacToken(HEADER, CLAIMS, NEXT);

function accepts(method: AuthenticationMethod, token: string, socket?: object): boolean {
  return !(method.authenticate(bearer(token, socket)) instanceof Refusal);
}

const gatewayKey = (options: JwtOptions = {}) => {
  const factory = new JwtFactory({ secret: SECRET, clockSkewSeconds: 5 });
  return { factory, method: factory.create(options) };
};

describe('the clock skew', () => {
  const expired = (seconds: number): string =>
    hmacToken(HEADER, { ...CLAIMS, exp: Math.floor(Date.now() / 1_000) - seconds });

  it("is the settings' for the gateway's key, and none for a key of its own", () => {
    const { factory, method } = gatewayKey();
    const own = factory.create({ secret: SECRET });

    expect(accepts(method, expired(3))).toBe(true);
    expect(accepts(method, expired(6))).toBe(false);
    expect(accepts(own, expired(1))).toBe(false);
  });
});

describe("changing the gateway's key", () => {
  it('forgets every token of the old key, the one this connection sent last too', () => {
    const { factory, method } = gatewayKey();
    const connection = {};
    const before = [accepts(method, OLD_TOKEN, connection), accepts(method, OLD_TOKEN, connection)];

    const problems = factory.changeSettings({ secret: NEXT, clockSkewSeconds: 5 });

    expect(before).toEqual([true, true]);
    expect(problems).toEqual([]);
    expect(accepts(method, OLD_TOKEN, connection)).toBe(false);
    expect(accepts(method, OLD_TOKEN)).toBe(false);
    expect(accepts(method, NEW_TOKEN, connection)).toBe(true);
  });

  it('remembers nothing of its first time when an old key comes back', () => {
    const { factory, method } = gatewayKey();
    const connection = {};
    accepts(method, OLD_TOKEN, connection);

    factory.changeSettings({ secret: NEXT, clockSkewSeconds: 5 });
    const between = accepts(method, OLD_TOKEN, connection);
    factory.changeSettings({ secret: SECRET, clockSkewSeconds: 5 });

    expect(between).toBe(false);
    expect(accepts(method, OLD_TOKEN, connection)).toBe(true);
    expect(accepts(method, NEW_TOKEN, connection)).toBe(false);
  });

  it('reaches declarations that change single rules, and those made later', () => {
    const { factory, method } = gatewayKey({ issuer: 'https://idp' });

    factory.changeSettings({ secret: NEXT, clockSkewSeconds: 5 });
    const later = factory.create({});

    expect(accepts(method, hmacToken(HEADER, { ...CLAIMS, iss: 'https://idp' }, NEXT))).toBe(true);
    expect(accepts(method, NEW_TOKEN)).toBe(false);
    expect(accepts(later, NEW_TOKEN)).toBe(true);
    expect(factory.create({ issuer: 'https://idp' })).toBe(method);
  });

  it('leaves a declaration with a key of its own as it is', () => {
    const { factory, method } = gatewayKey({ secret: SECRET });

    factory.changeSettings({ secret: NEXT, clockSkewSeconds: 5 });

    expect(accepts(method, OLD_TOKEN)).toBe(true);
    expect(accepts(method, NEW_TOKEN)).toBe(false);
  });

  it('changes nothing at all when one declaration cannot work with the new key', () => {
    const factory = new JwtFactory({ secret: SECRET, clockSkewSeconds: 5 });
    const plain = factory.create({});
    const pinned = factory.create({ algorithms: ['HS256'] });

    const problems = factory.changeSettings({
      publicKey: pem(RSA.publicKey),
      audience: 'any',
      clockSkewSeconds: 5,
    });

    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('this key can only verify');
    expect(accepts(plain, OLD_TOKEN)).toBe(true);
    expect(accepts(pinned, OLD_TOKEN)).toBe(true);
  });

  it('refuses a public key as the secret, though no route uses the key yet', () => {
    const factory = new JwtFactory({ secret: SECRET, clockSkewSeconds: 5 });

    const problems = factory.changeSettings({ secret: pem(RSA.publicKey), clockSkewSeconds: 5 });

    expect(problems).toEqual([
      'jwt.secret holds a public or private key; give it as publicKey (JWT_PUBLIC_KEY_FILE) instead.',
    ]);
  });
});
