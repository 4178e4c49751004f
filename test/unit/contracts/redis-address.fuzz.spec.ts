import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.js';
import { readRedisUrl } from '../../../src/contracts/redis-address.js';
import { LIMIT_MS, runs } from '../../support/proof-size.js';

const SEED = 20_261_128;
/** Not part of anything that the settings say by themselves. */
const SECRET = 'qzxjvk';

const PIECES = [
  ...[
    'redis',
    'rediss',
    '+sentinel',
    '+cluster',
    'http',
    '://',
    ':',
    '/',
    '//',
    '@',
    '?',
    '#',
    '&',
    '=',
    ',',
  ],
  ...['[', ']', '[::1]', '.', '-', '_', '%', '%4', '%40', '%ff', '\0', ' ', '\n', 'é', '\ud800'],
  ...['sentinelUsername=', 'sentinelPassword=', 'a', 'host', '10.0.0.1', '0', '6379', '65536', SECRET],
];
const noise = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((pieces) => pieces.join(''));
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  noise,
);
const login = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'grapheme' }).map((rest) => `u:${encodeURIComponent(SECRET + rest)}@`),
  fc.constant(`:${SECRET}@`),
  noise.map((text) => `${text}${SECRET}@`),
);
const url = fc
  .record({
    scheme: fc.constantFrom('redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis+cluster', 'http'),
    login,
    hosts: fc.array(host, { minLength: 1, maxLength: 3 }),
    end: fc.oneof(fc.constantFrom('', '/', '/0', '/g', '/g/1', `/g?sentinelPassword=${SECRET}`), noise),
  })
  .map(({ scheme, login, hosts, end }) => `${scheme}://${login}${hosts.join()}${end}`);
const any = fc.oneof(url, url, noise, fc.string({ unit: 'binary' }));

describe('any URL of Redis', () => {
  it('is read or refused, and what is read is a place to connect to', { timeout: LIMIT_MS }, () => {
    fc.assert(
      fc.property(any, (text) => {
        const address = readRedisUrl(text);
        if (address === undefined) return;
        const hosts =
          address.kind === 'single'
            ? [address.at]
            : address.kind === 'cluster'
              ? address.nodes
              : address.sentinels;

        expect(hosts.length).toBeGreaterThan(0);
        for (const { host, port } of hosts) {
          expect(host).toMatch(/^[\w.:-]+$/);
          expect(port >= 1 && port <= 65_535).toBe(true);
        }
        expect(address.login?.password).not.toBe('');
      }),
      { seed: SEED, numRuns: runs(5_000) },
    );
  });

  it('is printed nowhere', { timeout: LIMIT_MS }, () => {
    fc.assert(
      fc.property(any, (text) => {
        let said: string;
        try {
          const settings = loadSettings({ REDIS_URL: text });
          said = inspect(settings, { depth: 9, showHidden: true }) + JSON.stringify(settings);
        } catch (error) {
          said = inspect(error, { depth: 9, showHidden: true }) + (error as Error).message;
        }

        expect(said).not.toContain(SECRET);
      }),
      { seed: SEED, numRuns: runs(300) },
    );
  });

  it('is read in the same time per letter, however long', () => {
    const long = 50_000;
    const urls = ['@', ':', '/', ',', 'a@', '/a', '%40'].map(
      (piece) => `redis+sentinel://${piece.repeat(long)}#`,
    );
    const startedAt = performance.now();
    for (const text of urls) readRedisUrl(text);

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
