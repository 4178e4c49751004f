import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { buildConsumers } from '../../../../src/kong/consumers/build-consumers.js';
import type { KongJwtSecret } from '../../../../src/kong/kong-configuration.js';
import { EC_256, encode, pem, RSA } from '../../policies/authenticate/test-tokens.js';
import { apiKeyOf, consumer, jwtSecret, MovedClock, passwordOf } from '../plugins/identity.fixture.js';

const LONG = 'canary-secret-of-thirty-two-bytes-and-more';
const WEAK_RSA = generateKeyPairSync('rsa', { modulusLength: 1024 });

const builtWith = (...jwtSecrets: KongJwtSecret[]) => buildConsumers([consumer('a', { jwtSecrets })]);

describe('buildConsumers', () => {
  it('finds consumers by id and by each of their credentials', () => {
    const jwt = jwtSecret('iss-1', LONG);
    const key = apiKeyOf('key-1');
    const password = passwordOf('user-1', 'p');
    const { consumers } = buildConsumers([
      consumer('one', {
        username: 'One',
        customId: 'c-1',
        groups: ['g', 'h'],
        jwtSecrets: [jwt],
        keyAuthCredentials: [key],
        basicAuthCredentials: [password],
      }),
      consumer('two'),
    ]);

    const owner = consumers.byId('one');
    expect(owner?.consumer).toEqual({
      id: 'one',
      name: 'One',
      customId: 'c-1',
      plan: undefined,
      groups: new Set(['g', 'h']),
    });
    expect(consumers.byJwtKey('iss-1')).toMatchObject({ credential: jwt, owner });
    expect(consumers.byApiKey('key-1')).toMatchObject({ credential: key, owner });
    expect(consumers.byBasicUsername('user-1')).toMatchObject({ credential: password, owner });
    expect(consumers.byId('two')?.consumer.groups.size).toBe(0);
  });

  it.each(['', '__proto__', 'constructor', 'toString', 'One', 'x'.repeat(1_000_000)])(
    'finds nothing under %.20s',
    (name) => {
      const { consumers } = buildConsumers([consumer('one', { username: 'One' })]);

      expect(consumers.byId(name)).toBeUndefined();
      expect(consumers.byJwtKey(name)).toBeUndefined();
      expect(consumers.byApiKey(name)).toBeUndefined();
      expect(consumers.byBasicUsername(name)).toBeUndefined();
    },
  );

  it('§2 keyauth_credentials: counts a ttl from the load, on a clock that nobody sets', () => {
    const clock = new MovedClock();
    const { consumers } = buildConsumers([consumer('a', { keyAuthCredentials: [apiKeyOf('k', 10)] })], clock);

    clock.nowMs += 1_000_000;
    clock.monotonicMs += 9_999;
    const before = consumers.byApiKey('k');
    clock.monotonicMs += 1;

    expect(before).toBeDefined();
    expect(consumers.byApiKey('k')).toBeUndefined();
  });

  it('keeps no key and no password where an inspected object would show it', () => {
    const { consumers } = buildConsumers([
      consumer('a', {
        jwtSecrets: [jwtSecret('j', LONG)],
        keyAuthCredentials: [apiKeyOf('canary-key')],
        basicAuthCredentials: [passwordOf('u', 'canary-password')],
      }),
    ]);

    const shown =
      inspect(consumers, { depth: 20, showHidden: true }) + inspect(consumers.byApiKey('canary-key'));
    expect(shown).not.toContain('canary');
    expect(JSON.stringify(consumers.byId('a'))).not.toContain('canary');
  });

  it.each<[row: string, secret: KongJwtSecret, problem: string]>([
    [
      '§2 jwt_secrets: no public key',
      jwtSecret('r', undefined, { algorithm: 'RS256' }),
      'rsa_public_key holds 0 PEM blocks; must be one.',
    ],
    [
      '§2 jwt_secrets: a public key that is none',
      jwtSecret('r', undefined, {
        algorithm: 'RS256',
        publicKey: '-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----',
      }),
      'rsa_public_key cannot be read; must be a PEM public key or certificate.',
    ],
    [
      '§2 jwt_secrets: a private key',
      jwtSecret('r', undefined, {
        algorithm: 'RS256',
        publicKey: RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }),
      'rsa_public_key holds a private key; give only its public half.',
    ],
    [
      '§2 jwt_secrets: a key of another kind',
      jwtSecret('r', undefined, { algorithm: 'RS256', publicKey: pem(EC_256.publicKey) }),
      'rsa_public_key is a key of another kind; must be one that verifies RS256.',
    ],
    [
      '§2 jwt_secrets: a curve of another algorithm',
      jwtSecret('r', undefined, { algorithm: 'ES384', publicKey: pem(EC_256.publicKey) }),
      'rsa_public_key is a key of another kind; must be one that verifies ES384.',
    ],
    [
      '§2 jwt_secrets: an RSA key of 1024 bits',
      jwtSecret('r', undefined, { algorithm: 'RS256', publicKey: pem(WEAK_RSA.publicKey) }),
      'rsa_public_key is an RSA key of 1024 bits; must be at least 2048.',
    ],
    ['§2 jwt_secrets: no secret', jwtSecret('h', undefined), 'secret is empty; must be a shared secret.'],
    [
      '§2 jwt_secrets: a public key as the secret',
      jwtSecret('h', pem(RSA.publicKey)),
      'secret holds a public or private key; for HS256 it must be a shared secret.',
    ],
    [
      '§2 jwt_secrets: a JWK as the secret',
      jwtSecret('h', `{"kty":"oct","k":"${encode('canary')}"}`),
      'secret holds a public or private key; for HS256 it must be a shared secret.',
    ],
  ])('%s: a problem', (_row, secret, problem) => {
    const { problems } = builtWith(secret);

    const { line, path } = secret.place;
    expect(problems).toEqual([{ where: `kong.yml:${line}:3 ${path}`, message: problem }]);
  });

  it('§2 jwt_secrets: a short secret is a warning', () => {
    const { problems, warnings } = builtWith(jwtSecret('h', 'canary'), jwtSecret('i', LONG));

    expect(problems).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual([
      'secret has 6 bytes; whoever has one token can guess it, give it 32 or more.',
    ]);
  });

  it('§2 basicauth_credentials: a hash that is none is a problem', () => {
    const credentials = [passwordOf('u', 'canary', true), passwordOf('v', 'a'.repeat(40), true)];

    const { problems } = buildConsumers([consumer('a', { basicAuthCredentials: credentials })]);

    expect(problems.map(({ message }) => message)).toEqual([
      'password is no hash; with _transform: false it must be a SHA-1 of 40 hex digits.',
    ]);
  });

  it('finds every mistake at once', () => {
    const { problems } = builtWith(
      jwtSecret('r', undefined, { algorithm: 'RS256' }),
      jwtSecret('s', pem(RSA.publicKey)),
      jwtSecret('t', LONG),
    );

    expect(problems).toHaveLength(2);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });
});
