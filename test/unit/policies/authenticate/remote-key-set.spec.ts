import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JwtMethod } from '../../../../src/policies/authenticate/jwt/jwt.method.js';
import type { JwtOptions } from '../../../../src/policies/authenticate/jwt/jwt.options.js';
import { KEYS_LIMIT } from '../../../../src/policies/authenticate/jwt/key-set-document.js';
import { Refusal } from '../../../../src/policies/authenticate/refusal.js';
import { type Signer, signed, signerOf } from '../../../support/jws.maker.js';
import { KeySetServer } from './key-set.server.js';
import { bearer, FakeClock, methodFor, NOW_SECONDS } from './test-tokens.js';

const MINUTE_MS = 60_000;
const first = signerOf('ES256', 'P-256');
const second = named(signerOf('EdDSA', 'Ed25519'), 'second');
const stranger = named(signerOf('ES256', 'P-256'), 'stranger');

function named(signer: Signer, kid: string): Signer {
  return { ...signer, jwk: { ...signer.jwk, kid } };
}

const tokenOf = (signer: Signer, claims: object = {}): string =>
  signed(
    signer,
    { alg: signer.algorithm, kid: signer.jwk['kid'] },
    { sub: 'user-1', aud: 'orders', exp: NOW_SECONDS + 7 * 86_400, ...claims },
  );

let server: KeySetServer;
let clock: FakeClock;

beforeEach(async () => {
  server = await KeySetServer.start();
  clock = new FakeClock();
});

afterEach(() => server.close());

const method = (options: JwtOptions = {}): JwtMethod =>
  methodFor({ jwksUri: `${server.url}/keys`, audience: 'orders', ...options }, clock);

/** `accepted`, the sentence of a refusal, or the code of an error. */
async function outcomeOf(asked: JwtMethod, token: string, socket = {}): Promise<string> {
  try {
    const outcome = await asked.authenticate(bearer(token, socket));
    return outcome instanceof Refusal ? outcome.detail : 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const waits = (asked: JwtMethod, token: string): boolean =>
  asked.authenticate(bearer(token)) instanceof Promise;
/** Until a fetch that nobody waits for has reached the issuer, and a little further. */
const asked = (times: number) =>
  expect.poll(() => server.asked.length, { interval: 2 }).toBeGreaterThanOrEqual(times);

const UNKNOWN = 'The token names no key of its issuer.';

describe('keys that an issuer publishes', () => {
  it('are fetched once for all who wait, before anybody asked', async () => {
    server.publish([first.jwk]);
    const waiting = method();

    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf(waiting, tokenOf(first))));

    expect(new Set(outcomes)).toEqual(new Set(['accepted']));
    expect(server.asked).toEqual(['/keys']);
  });

  it('let nobody wait once they are there, remembered or not', async () => {
    server.publish([first.jwk]);
    const ready = method();
    await outcomeOf(ready, tokenOf(first));
    server.answer = () => {};
    clock.nowMs += 10 * MINUTE_MS;

    const waiting = [tokenOf(first), tokenOf(first, { sub: 'user-2' })].map((token) => waits(ready, token));

    expect(waiting).toEqual([false, false]);
    await asked(2);
  });

  it('are fetched at most once in a cool-down, whatever tokens name', async () => {
    server.publish([first.jwk]);
    const ready = method();
    await outcomeOf(ready, tokenOf(first));
    const flood = (name: string) =>
      Promise.all(
        Array.from({ length: 1_000 }, (_, i) => outcomeOf(ready, tokenOf(named(stranger, `${name}${i}`)))),
      );

    const atOnce = await flood('a');
    const counts = [server.asked.length];
    clock.nowMs += 30_000;
    await flood('b');
    counts.push(server.asked.length);
    await flood('c');
    counts.push(server.asked.length);

    expect(new Set(atOnce)).toEqual(new Set([UNKNOWN]));
    expect(counts).toEqual([1, 2, 2]);
  });

  it('are looked up again for a key that was published since', async () => {
    server.publish([first.jwk]);
    const ready = method();
    await outcomeOf(ready, tokenOf(first));
    server.publish([first.jwk, second.jwk]);

    const tooSoon = await outcomeOf(ready, tokenOf(second));
    clock.nowMs += 30_000;
    const then = await outcomeOf(ready, tokenOf(second));

    expect([tooSoon, then]).toEqual([UNKNOWN, 'accepted']);
  });

  it('take what they proved with them when they are gone, also from the connection it came on', async () => {
    server.publish([first.jwk, second.jwk]);
    const ready = method();
    const socket = {};
    const before = [
      await outcomeOf(ready, tokenOf(first), socket),
      await outcomeOf(ready, tokenOf(first), socket),
    ];

    server.publish([second.jwk]);
    clock.nowMs += 5 * MINUTE_MS;
    const inBackground = await outcomeOf(ready, tokenOf(second), socket);
    await expect.poll(() => outcomeOf(ready, tokenOf(first), socket), { interval: 5 }).toBe(UNKNOWN);

    expect([...before, inBackground]).toEqual(['accepted', 'accepted', 'accepted']);
    expect(await outcomeOf(ready, tokenOf(first))).toBe(UNKNOWN);
  });

  it('are no longer believed when another key stands under the same name', async () => {
    server.publish([first.jwk]);
    const ready = method();
    const other = named(signerOf('ES256', 'P-256'), String(first.jwk['kid']));
    expect(await outcomeOf(ready, tokenOf(first))).toBe('accepted');

    server.publish([other.jwk]);
    clock.nowMs += 5 * MINUTE_MS;
    await outcomeOf(ready, tokenOf(first));
    await expect.poll(() => outcomeOf(ready, tokenOf(other)), { interval: 5 }).toBe('accepted');

    expect(await outcomeOf(ready, tokenOf(first))).toBe('The token signature does not verify.');
  });

  it.each([
    ['max-age=60', 60],
    ['public, max-age="90", must-revalidate', 90],
    ['max-age=5', 30],
    ['max-age=0', 30],
    ['max-age=999999', 300],
    ['no-store', 300],
    ['max-age=abc', 300],
  ])('are due again after what %s asks, within bounds: %i s', async (cacheControl, seconds) => {
    server.publish([first.jwk], { 'Cache-Control': cacheControl });
    const ready = method();
    await outcomeOf(ready, tokenOf(first));

    clock.nowMs += seconds * 1_000 - 1;
    await outcomeOf(ready, tokenOf(first));
    const early = server.asked.length;
    clock.nowMs += 1;
    await outcomeOf(ready, tokenOf(first));

    expect(early).toBe(1);
    await asked(2);
  });

  it('count only as far as they verify: no secret, no private key, nothing for encryption', async () => {
    const secret = signerOf('HS256');
    server.publish([
      secret.jwk,
      first.key.export({ format: 'jwk' }),
      { ...second.jwk, use: 'enc' },
      [],
      stranger.jwk,
    ]);
    const ready = method();

    expect(await outcomeOf(ready, tokenOf(stranger))).toBe('accepted');
    expect(await outcomeOf(ready, tokenOf(secret))).toBe('The token algorithm is not accepted.');
    expect(await outcomeOf(ready, tokenOf(second))).toBe(UNKNOWN);
  });
});

describe('an issuer that cannot be had', () => {
  /** What it may answer instead of a key set. */
  const ANSWERS: Readonly<Record<string, KeySetServer['answer']>> = {
    'an error': (_req, res) => void res.writeHead(500).end('{"keys":[]}'),
    'a page': (_req, res) => void res.end('<html>keys</html>'),
    nothing: (_req, res) => void res.end(),
    'no keys': (_req, res) => void res.end('{"keys":[]}'),
    'no list of keys': (_req, res) => void res.end(JSON.stringify({ keys: { 0: first.jwk } })),
    'keys for something else': (_req, res) =>
      void res.end(JSON.stringify({ keys: [{ ...first.jwk, use: 'enc' }] })),
    'too many keys': (_req, res) =>
      void res.end(JSON.stringify({ keys: Array.from({ length: KEYS_LIMIT + 1 }, () => first.jwk) })),
    'keys twice': (_req, res) => void res.end(`{"keys":[],"keys":[${JSON.stringify(first.jwk)}]}`),
    'a redirect to its keys': (req, res) =>
      req.url === '/moved'
        ? void res.end(JSON.stringify({ keys: [first.jwk] }))
        : void res.writeHead(302, { Location: '/moved' }).end(),
    'a body without end': (_req, res) => {
      const more = (): void =>
        void (res.write(`"${'x'.repeat(65_536)}",`) ? setImmediate(more) : res.once('drain', more));
      res.write('{"keys":[');
      more();
    },
    'a broken body': (_req, res) => {
      res.writeHead(200, { 'Content-Length': '1000' });
      res.write('{"keys":[', () => res.destroy());
    },
    silence: () => {},
    'a body that stops': (_req, res) => void res.write('{"keys":['),
  };

  it.each(Object.entries(ANSWERS))(
    'answers %s: the last good keys stay, until they are too old',
    async (_, answer) => {
      server.publish([first.jwk]);
      const ready = method({ fetchTimeoutMs: 100 });
      await outcomeOf(ready, tokenOf(first));
      server.answer = answer;

      clock.nowMs += 59 * MINUTE_MS;
      const within = await outcomeOf(ready, tokenOf(first));
      await asked(2);
      const unknown = await outcomeOf(ready, tokenOf(stranger));
      clock.nowMs += MINUTE_MS;
      const beyond = await outcomeOf(ready, tokenOf(first));
      server.publish([first.jwk]);
      clock.nowMs += 30_000;
      const again = await outcomeOf(ready, tokenOf(first));

      expect([within, unknown, beyond, again]).toEqual([
        'accepted',
        UNKNOWN,
        'identity-unavailable',
        'accepted',
      ]);
      expect(server.asked).not.toContain('/moved');
    },
  );

  it('is not asked more often for failing', async () => {
    server.answer = (_req, res) => void res.writeHead(503).end();
    const waiting = method();

    const outcomes = [
      await outcomeOf(waiting, tokenOf(first)),
      await outcomeOf(waiting, tokenOf(first)),
      await outcomeOf(waiting, tokenOf(second)),
    ];

    expect(new Set(outcomes)).toEqual(new Set(['identity-unavailable']));
    expect(server.asked).toHaveLength(1);
  });

  it('keeps nobody waiting for what cannot be accepted anyway', async () => {
    server.answer = () => {};
    const waiting = method();

    const outcomes = ['hello', tokenOf(signerOf('HS256'))].map((token) => waits(waiting, token));

    expect(outcomes).toEqual([false, false]);
  });

  it('is believed a little longer when the wall clock is set back, and asked again', async () => {
    server.publish([first.jwk]);
    const ready = method();
    await outcomeOf(ready, tokenOf(first));

    clock.nowMs -= MINUTE_MS;

    expect(waits(ready, tokenOf(first))).toBe(false);
  });
});

describe('discovery', () => {
  const answering =
    (document: object): KeySetServer['answer'] =>
    (req, res) =>
      void res.end(JSON.stringify(req.url === '/keys' ? { keys: [first.jwk] } : document));
  const token = () => tokenOf(first, { iss: server.url });

  it('asks the issuer where its keys are, once', async () => {
    server.answer = answering({ issuer: server.url, jwks_uri: `${server.url}/keys` });
    const ready = methodFor({ discovery: true, issuer: server.url, audience: 'orders' }, clock);

    const outcome = await outcomeOf(ready, token());
    clock.nowMs += 5 * MINUTE_MS;
    await outcomeOf(ready, token());
    await asked(3);

    expect(outcome).toBe('accepted');
    expect(server.asked).toEqual(['/.well-known/openid-configuration', '/keys', '/keys']);
  });

  it.each([
    ['of another issuer', (url: string) => ({ issuer: `${url}.evil`, jwks_uri: `${url}/keys` })],
    ['of the issuer with a slash', (url: string) => ({ issuer: `${url}/`, jwks_uri: `${url}/keys` })],
    ['of nobody', (url: string) => ({ jwks_uri: `${url}/keys` })],
    ['without an address', (url: string) => ({ issuer: url })],
    ['with an address without TLS', (url: string) => ({ issuer: url, jwks_uri: 'http://keys.example/keys' })],
    ['with an address of another kind', (url: string) => ({ issuer: url, jwks_uri: 'file:///etc/keys' })],
    ['with an address that is no text', (url: string) => ({ issuer: url, jwks_uri: [`${url}/keys`] })],
  ])('believes no answer %s', async (_, document) => {
    server.answer = answering(document(server.url));
    const ready = methodFor({ discovery: true, issuer: server.url, audience: 'orders' }, clock);

    const outcome = await outcomeOf(ready, token());

    expect(outcome).toBe('identity-unavailable');
    expect(server.asked).toEqual(['/.well-known/openid-configuration']);
  });
});

describe('several issuers', () => {
  const NORTH = 'https://north.test';
  const SOUTH = 'https://south.test';
  const north = named(signerOf('ES256', 'P-256'), 'same');
  const south = named(signerOf('ES256', 'P-256'), 'same');
  const both = () =>
    methodFor(
      {
        audience: 'orders',
        issuers: [
          { issuer: NORTH, jwks: north.jwk },
          { issuer: SOUTH, jwks: south.jwk, audience: 'depot', requiredClaims: ['tenant'] },
        ],
      },
      clock,
    );

  it('are told apart by iss, though their keys have one name', async () => {
    const asked = both();

    const outcomes = await Promise.all([
      outcomeOf(asked, tokenOf(north, { iss: NORTH })),
      outcomeOf(asked, tokenOf(south, { iss: SOUTH, aud: 'depot', tenant: 'a' })),
      outcomeOf(asked, tokenOf(north, { iss: SOUTH, aud: 'depot', tenant: 'a' })),
      outcomeOf(asked, tokenOf(south, { iss: NORTH })),
      outcomeOf(asked, tokenOf(south, { iss: SOUTH })),
      outcomeOf(asked, tokenOf(south, { iss: SOUTH, aud: 'depot' })),
    ]);

    expect(outcomes).toEqual([
      'accepted',
      'accepted',
      'The token signature does not verify.',
      'The token signature does not verify.',
      'The token is meant for another audience.',
      'A claim that is required is missing or not accepted.',
    ]);
  });

  it.each([
    ['nobody', undefined],
    ['a longer name', `${NORTH}.evil`],
    ['a shorter one', NORTH.slice(0, -1)],
    ['a slash more', `${NORTH}/`],
    ['a list', [NORTH]],
    ['null', null],
    ['__proto__', '__proto__'],
  ])('do not count for a token of %s', async (_, iss) => {
    expect(await outcomeOf(both(), tokenOf(north, { iss }))).toBe('The token issuer is not accepted.');
  });

  it('fail alone: one that cannot be had keeps no token of another from passing', async () => {
    server.answer = (_req, res) => void res.writeHead(500).end();
    const asked = methodFor(
      {
        audience: 'orders',
        issuers: [
          { issuer: NORTH, jwks: north.jwk },
          { issuer: SOUTH, jwksUri: `${server.url}/keys` },
        ],
      },
      clock,
    );

    expect(await outcomeOf(asked, tokenOf(south, { iss: SOUTH }))).toBe('identity-unavailable');
    expect(await outcomeOf(asked, tokenOf(north, { iss: NORTH }))).toBe('accepted');
  });
});
