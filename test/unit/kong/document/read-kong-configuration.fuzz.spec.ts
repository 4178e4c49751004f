import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read } from './reading.js';

const FILE = `_format_version: "3.0"
_plugin_configs: {shared: {minute: 5}}
_ignore: [&base {host: users, port: 3001, retries: null}]
services:
  - {<<: *base, name: users, tags: [a, b]}
  - name: orders
    url: https://orders.internal/v1
    routes:
      - name: orders
        paths: [/orders, "~/orders/(?<id>\\\\d+)$"]
        headers: {x-version: ["1", "~*2"]}
        plugins:
          - {name: jwt, config: {claims_to_verify: [exp], anonymous: ann}}
          - {name: rate-limiting, _config: shared, config: {policy: redis, redis: {host: redis}}}
upstreams:
  - {name: pool, hash_on: header, hash_on_header: x-user, targets: [{target: "a:1"}, {target: "[::1]:2", weight: 0}]}
consumers:
  - username: ann
    keyauth_credentials: [{key: abc, ttl: 60}]
    jwt_secrets: [{key: k, secret: '\${{ env "DECK_SECRET" }}'}]
    acls: [{group: g}]
plugins:
  - name: request-transformer
    consumer: ann
    config: {add: {headers: ["A:$(headers.x)", "B:$(uuid)"]}, replace: {uri: /a}}
  - {name: http-log, config: {http_endpoint: "http://logs", headers: {a: "{vault://env/x}"}}}
`;
const OPTIONS = { environment: { DECK_SECRET: 's', X: 'x' } };
const PIECES = [
  'null',
  '[]',
  '{}',
  '*base',
  '&base ',
  '<<: ',
  '- ',
  '? ',
  ': ',
  '"',
  "'",
  '|\n',
  '~',
  '!!str ',
  '\n',
  '\t',
  '  ',
  '# ',
  '---\n',
  '${{',
  '}}',
  '{vault://',
  '0x1',
  '.inf',
  '-1',
  '__proto__',
  'constructor',
  '\uFEFF',
  '\u2028',
  '𝒳',
];

/** Places of the file at which something is put in the place of what stands there. */
const mutation = fc.record({
  at: fc.nat(FILE.length),
  removed: fc.nat(12),
  put: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })),
});

function mutated(
  changes: readonly { readonly at: number; readonly removed: number; readonly put: string }[],
): string {
  return changes.reduce(
    (text, { at, removed, put }) => text.slice(0, at) + put + text.slice(at + removed),
    FILE,
  );
}

describe('any text', () => {
  it('is sound before it is changed', () => {
    expect(read(FILE, OPTIONS).problems).toEqual([]);
  });

  it('becomes a configuration or problems with their places, and never throws', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => {
        const { configuration, problems, warnings } = read(mutated(changes), OPTIONS);

        expect(configuration === undefined).toBe(problems.length > 0);
        for (const { place, message } of [...problems, ...warnings]) {
          expect(place.line).toBeGreaterThan(0);
          expect(place.column).toBeGreaterThan(0);
          expect(message).not.toMatch(/undefined|\[object|NaN/);
        }
      }),
      { numRuns: 600, seed: 20_261_129 },
    );
  });

  it('of no sense at all is refused too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(read(text).configuration).toBeUndefined();
      }),
      { numRuns: 400, seed: 20_261_130 },
    );
  });

  it('means the same at every load', () => {
    expect(JSON.stringify(read(FILE, OPTIONS))).toBe(JSON.stringify(read(FILE, OPTIONS)));
  });
});

describe('any value at any field', () => {
  const FIELDS = [...FILE.matchAll(/[a-z_]+: (?=[^\n\s])/g)].map(({ index, 0: key }) => index + key.length);
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string({ maxLength: 20 }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('any'), { maxKeys: 3 }),
    ),
  })).any;

  it('is taken or refused in words, and never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), value, (at, found) => {
        const end = FILE.slice(at).search(/[,}\]\n]/) + at;
        const text = `${FILE.slice(0, at)}${JSON.stringify(found)}${FILE.slice(end)}`;

        const { configuration, problems } = read(text, OPTIONS);

        expect(configuration === undefined).toBe(problems.length > 0);
      }),
      { numRuns: 600, seed: 20_261_131 },
    );
  });
});
