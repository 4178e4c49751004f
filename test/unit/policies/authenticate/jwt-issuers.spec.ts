import { describe, expect, it } from 'vitest';
import { ConsumerDirectory } from '../../../../src/policies/authenticate/consumers/consumer.directory.js';
import { ConsumerList } from '../../../../src/policies/authenticate/consumers/consumer.list.js';
import { JwtFactory } from '../../../../src/policies/authenticate/jwt/jwt.factory.js';
import type { JwtOptions } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { type JwtSettings, NO_JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import { Refusal } from '../../../../src/policies/authenticate/refusal.js';
import { signed, signerOf } from '../../../support/jws.maker.js';
import { bearer, ED25519, FakeClock, pem, SECRET, withClaims } from './test-tokens.js';

const problemsOf = (options: object, settings: JwtSettings = NO_JWT_SETTINGS): readonly string[] =>
  new JwtFactory(settings).check(options as JwtOptions);

const signer = signerOf('ES256', 'P-256');
const ADDRESS = 'an https:// URL without credentials (http:// only for a loopback host)';

describe('published keys in a declaration', () => {
  it.each([
    'http://idp.example/keys',
    'https://user:pass@idp.example/keys',
    'file:///keys',
    'keys',
    'https://idp.example/keys#x',
  ])('are not fetched from %s', (jwksUri) => {
    expect(problemsOf({ jwksUri, audience: 'any' })).toEqual([
      `jwt.jwksUri is ${JSON.stringify(jwksUri)}; must be ${ADDRESS}.`,
    ]);
  });

  it('want an audience, sensible ages and no algorithm of a secret', () => {
    const jwksUri = 'https://idp.example/keys';

    expect(problemsOf({ jwksUri })).toEqual([
      'jwt has a public key and no audience; set JWT_AUDIENCE, or `any` if every audience is meant.',
    ]);
    expect(problemsOf({ jwksUri, audience: 'any', staleMs: 300_000 })).toEqual([
      'jwt.staleMs is 300000; must be more than refreshMs, which is 300000.',
    ]);
    expect(problemsOf({ jwksUri, audience: 'any', refreshMs: 10_000 })).toEqual([
      'jwt.cooldownMs is 30000; must be at most refreshMs, which is 10000.',
    ]);
    expect(problemsOf({ jwksUri, audience: 'any', algorithms: ['HS256'] })[0]).toContain(
      'jwt.algorithms names "HS256"',
    );
    expect(problemsOf({ jwksUri, audience: 'any', fetchTimeoutMs: 0 })).toEqual([
      'jwt.fetchTimeoutMs is 0; must be a whole number, 1–60000.',
    ]);
  });

  it('come by discovery only from an issuer that can be asked', () => {
    expect(problemsOf({ discovery: true, audience: 'any' })).toEqual([
      `jwt.discovery asks the issuer, which is undefined; jwt.issuer (JWT_ISSUER) must be ${ADDRESS}, and without a query.`,
    ]);
    expect(problemsOf({ discovery: true, issuer: 'https://idp.example', audience: 'any' })).toEqual([]);
    expect(problemsOf({ discovery: false, secret: SECRET })).toContain(
      'jwt.discovery is false; must be true, or left out.',
    );
  });
});

describe('a key set at hand', () => {
  const { kid: _, ...unnamed } = signer.jwk;

  it.each([
    ['an object', { keys: [signer.jwk] }],
    ['its text', JSON.stringify({ keys: [signer.jwk] })],
    ['one JWK', signer.jwk],
    ['a JWK without a name', unnamed],
    ['keys for something else beside it', { keys: [{ ...signer.jwk, use: 'enc' }, signer.jwk] }],
  ])('may be %s', (_kind, jwks) => {
    expect(problemsOf({ jwks, audience: 'any' })).toEqual([]);
  });

  it.each([
    ['no JSON', 'keys', 'jwt.jwks is no JSON object; must be a JWK Set or one JWK.'],
    ['a list', [signer.jwk], 'jwt.jwks is no JSON object; must be a JWK Set or one JWK.'],
    ['no set', {}, 'jwt.jwks is no JWK Set; must hold a list `keys` of at most 100.'],
    ['empty', { keys: [] }, 'jwt.jwks has no key that verifies tokens.'],
    [
      'for something else',
      { keys: [{ ...signer.jwk, use: 'enc' }, 1] },
      'jwt.jwks has no key that verifies tokens: one is not for signatures (use), one is no object.',
    ],
    [
      'private',
      { keys: [signer.jwk, signer.key.export({ format: 'jwk' })] },
      'jwt.jwks holds a private key; give only its public half.',
    ],
  ])('is refused when it is %s', (_kind, jwks, problem) => {
    expect(problemsOf({ jwks, audience: 'any' })).toEqual([problem]);
  });
});

describe('several issuers in a declaration', () => {
  const one = { issuer: 'https://one', secret: SECRET };

  it('are each checked, and named by their place', () => {
    const problems = problemsOf({
      audience: 'orders',
      issuers: [
        one,
        { ...one, audiance: 'x' },
        { secret: 'short' },
        { issuer: 'https://two' },
        { issuer: 'https://three', publicKey: pem(ED25519.publicKey), jwksUri: 'https://three/keys' },
        { issuer: 'https://four', secret: undefined },
      ],
    });

    expect(problems).toEqual([
      'jwt.issuers[1].audiance is not an option; did you mean jwt.issuers[1].audience?',
      'jwt.issuers[1].issuer is "https://one" once more; must be named once.',
      'jwt.issuers[2] has no issuer; must be the `iss` of its tokens.',
      "jwt.issuers[5].secret is undefined; must be the key, or left out to use the gateway's own.",
      'jwt.issuers[2].secret has 5 bytes; must be at least 32.',
      'jwt.issuers[3] has no key; give it one of secret, publicKey, jwks, jwksUri, discovery.',
      'jwt.issuers[4] has more than one key; keep one of publicKey, jwksUri.',
      'jwt.issuers[5] has no key; give it one of secret, publicKey, jwks, jwksUri, discovery.',
    ]);
  });

  it('stand alone: no key and no issuer beside them, and nothing of the settings', () => {
    const settings = { secret: SECRET, issuer: 'https://idp', audience: 'any', clockSkewSeconds: 5 };

    expect(problemsOf({ issuers: [one] }, settings)).toEqual([]);
    expect(problemsOf({ issuers: [one], secret: SECRET, issuer: 'https://x' })).toEqual([
      'jwt.secret stands beside jwt.issuers; give it to one of them.',
      'jwt.issuer stands beside jwt.issuers; give it to one of them.',
    ]);
    expect(problemsOf({ issuers: [] })).toContain('jwt.issuers is []; must be a list of issuers.');
  });

  it('are named in the boot table', () => {
    const factory = new JwtFactory(NO_JWT_SETTINGS);
    const issuers = [one, { issuer: 'https://two', secret: SECRET }];

    expect(factory.describe({ issuers, audience: 'orders' })).toBe(
      'jwt from https://one or https://two for orders',
    );
  });
});

describe('other options', () => {
  it.each([
    [{ in: [] }, 'jwt.in is []; must be a list of { query: name } and { cookie: name }, each once.'],
    [{ in: [{ header: 'x' }] }, 'jwt.in is [{"header":"x"}]; must be'],
    [{ in: [{ query: 'a b' }] }, 'jwt.in is [{"query":"a b"}]; must be'],
    [{ in: [{ query: 'a' }, { query: 'a' }] }, 'jwt.in is'],
    [{ in: [{ query: 'a', cookie: 'b' }] }, 'jwt.in is'],
    [{ requiredClaims: [] }, 'jwt.requiredClaims is []; must be a list of claim names'],
    [{ requiredClaims: { a: [] } }, 'jwt.requiredClaims is'],
    [{ requiredClaims: { a: {} } }, 'jwt.requiredClaims is'],
    [{ consumerClaim: '' }, 'jwt.consumerClaim is ""; must be a text that is not empty.'],
    [{ consumerRequired: true }, 'jwt.consumerRequired has no consumerClaim'],
    [
      { consumerClaim: 'azp', consumerRequired: 'yes' },
      'jwt.consumerRequired is "yes"; must be true or false.',
    ],
  ])('are refused at start: %j', (options, problem) => {
    const [found, ...others] = problemsOf({ secret: SECRET, ...options });

    expect(found?.startsWith(problem)).toBe(true);
    expect(others).toEqual([]);
  });
});

describe('required claims', () => {
  const accepts = (requiredClaims: NonNullable<JwtOptions['requiredClaims']>, claims: object): boolean => {
    const factory = new JwtFactory(NO_JWT_SETTINGS, new FakeClock());
    const outcome = factory
      .create({ secret: SECRET, requiredClaims })
      .authenticate(bearer(withClaims({ ...claims })));
    return !(outcome instanceof Refusal);
  };

  it.each([
    [{ tenant: 'a' }, true],
    [{ tenant: 0 }, true],
    [{ tenant: false }, true],
    [{ tenant: ['a'] }, true],
    [{}, false],
    [{ tenant: '' }, false],
    [{ tenant: null }, false],
    [{ tenant: [] }, false],
    [{ tenant: ['a', ''] }, false],
  ])('by name want something that is there: %j', (claims, expected) => {
    expect(accepts(['tenant'], claims)).toBe(expected);
  });

  it.each([
    [{ plan: 'gold' }, true],
    [{ plan: 'silver' }, true],
    [{ plan: ['iron', 'gold'] }, true],
    [{ plan: 'Gold' }, false],
    [{ plan: 'iron' }, false],
    [{ plan: ['iron'] }, false],
    [{ plan: { gold: true } }, false],
    [{}, false],
  ])('with values want one of them: %j', (claims, expected) => {
    expect(accepts({ plan: ['gold', 'silver'] }, claims)).toBe(expected);
  });

  it('are never found on the prototype', () => {
    expect(accepts(['constructor'], {})).toBe(false);
    expect(accepts({ level: 1, admin: true }, { level: 1, admin: true })).toBe(true);
    expect(accepts({ level: 1, admin: true }, { level: '1', admin: 'true' })).toBe(false);
  });
});

describe('the consumer of a token', () => {
  const consumer = {
    id: 'depot',
    name: 'Depot',
    customId: undefined,
    plan: 'gold',
    groups: new Set<string>(),
  };
  const listed = new ConsumerList([{ consumer, apiKeys: [], passwords: [], certificates: [] }]);
  const made = (options: JwtOptions) => {
    const consumers = new ConsumerDirectory();
    consumers.replace(listed);
    const factory = new JwtFactory(NO_JWT_SETTINGS, new FakeClock(), undefined, consumers);
    return { consumers, method: factory.create({ secret: SECRET, consumerClaim: 'azp', ...options }) };
  };

  it('is found by the claim that is configured', () => {
    const { method } = made({});

    expect(method.authenticate(bearer(withClaims({ azp: 'depot' })))).toMatchObject({
      consumer,
      credential: 'depot',
    });
    expect(method.authenticate(bearer(withClaims({ azp: 'other' })))).toMatchObject({
      consumer: undefined,
      credential: undefined,
    });
  });

  it.each(['other', '__proto__', '', 1, null, ['depot'], undefined])(
    'is required where that is said, and %j is none',
    (azp) => {
      const { method } = made({ consumerRequired: true });

      expect(method.authenticate(bearer(withClaims({ azp })))).toMatchObject({
        detail: 'The token belongs to no consumer that is known.',
      });
    },
  );

  it('is forgotten when the list is replaced, also where the token is remembered', () => {
    const { method, consumers } = made({ consumerRequired: true });
    const [token, socket] = [withClaims({ azp: 'depot' }), {}];
    const before = method.authenticate(bearer(token, socket));

    consumers.replace(ConsumerList.EMPTY);

    expect(before).toMatchObject({ consumer });
    expect(method.authenticate(bearer(token, socket))).toBeInstanceOf(Refusal);
    expect(method.authenticate(bearer(token))).toBeInstanceOf(Refusal);
  });
});

describe('a token without the key of the set', () => {
  it('does not wait where keys are at hand', () => {
    const { kid } = signer.jwk;
    const factory = new JwtFactory(NO_JWT_SETTINGS, new FakeClock());
    const method = factory.create({ jwks: signer.jwk, audience: 'any' });

    const outcomes = [kid, 'other'].map((name) =>
      method.authenticate(bearer(signed(signer, { alg: 'ES256', kid: name }))),
    );

    expect(outcomes[0]).not.toBeInstanceOf(Refusal);
    expect(outcomes[1]).toMatchObject({ detail: 'The token names no key of its issuer.' });
  });
});
