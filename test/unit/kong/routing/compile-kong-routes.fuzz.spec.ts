import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath } from '../../../../src/contracts/canonical-path.js';
import { compileKongRoutes } from '../../../../src/kong/routing/compile-kong-routes.js';
import { kongRequest, kongRoutes } from '../../../support/kong.routes.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

const SEED = 20_261_129;

describe('compileKongRoutes', () => {
  it(
    'takes or refuses whatever routes ask for, each mistake in its place',
    () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc
          .array(fc.constantFrom('*', '.', ':', '80', 'a', '[', ']', '/', '~', '~*', '(', '%', '%2e', '..'), {
            maxLength: 8,
          })
          .map((parts) => parts.join('')),
      );
      const texts = fc.array(text, { maxLength: 4 });
      const address = fc.record({
        ip: fc.option(fc.oneof(text, fc.constantFrom('10.0.0.0/8', '::1', '1.2.3.4/33')), { nil: undefined }),
        port: fc.option(fc.integer(), { nil: undefined }),
      });
      const addresses = fc.array(address, { maxLength: 2 });
      const sketch = fc.record({
        paths: texts,
        hosts: texts,
        methods: texts,
        snis: texts,
        headers: fc.dictionary(text, texts, { maxKeys: 2 }),
        sources: addresses,
        destinations: addresses,
      });
      const seen = { sound: 0, mistaken: 0 };

      fc.assert(
        fc.property(fc.array(sketch, { maxLength: 3 }), (sketches) => {
          const routes = kongRoutes(sketches.map((one, i) => ({ name: `r${i}`, ...one })));

          const { matcher, problems } = compileKongRoutes(routes);

          for (const { message, place } of problems) {
            expect(place.path).toMatch(
              /^services\[0\]\.routes\[\d\]\.(paths|hosts|headers|sources|destinations)\b/,
            );
            expect(message).toMatch(/^[^\p{Cc}]* is '[^\p{Cc}]*', which [^\p{Cc}]*\.$/u);
          }
          expect(() => matcher.match(kongRequest('GET http://a.80/a'))).not.toThrow();
          seen[problems.length === 0 ? 'sound' : 'mistaken']++;
        }),
        { seed: SEED, numRuns: runs(2_000) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(100));
    },
    LIMIT_MS,
  );

  it(
    'takes each prefix that a path can begin with, unless it ends inside an escape or a character',
    () => {
      const piece = fc.constantFrom(
        '/',
        'a',
        'b',
        '.',
        '..',
        ';',
        '~',
        '%20',
        '%C3%A9',
        '%2541',
        '%7e',
        '-',
        '(',
        '*',
      );
      const path = fc
        .array(piece, { maxLength: 10 })
        .map((pieces) => canonicalPath(`/${pieces.join('')}`))
        .filter((text) => text !== undefined);
      const seen = { taken: 0, inside: 0 };

      fc.assert(
        fc.property(path, fc.nat(30), (whole, cut) => {
          const prefix = whole.slice(0, Math.max(1, cut));
          const { matcher, problems } = compileKongRoutes(kongRoutes([{ name: 'r', paths: [prefix] }]));

          const match = matcher.match(kongRequest(`GET http://h${whole}`));

          if (problems.length > 0) {
            expect(prefix).toMatch(/%[0-9A-F]?$|%C3$/);
            seen.inside++;
          } else {
            expect(match).toMatchObject({ kind: 'match', matchedPath: prefix });
            seen.taken++;
          }
        }),
        { seed: SEED, numRuns: runs(2_000) },
      );

      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs(50));
    },
    LIMIT_MS,
  );
});
