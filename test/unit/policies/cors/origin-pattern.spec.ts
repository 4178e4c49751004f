import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originMatch, originProblem } from '../../../../src/policies/cors/origin-pattern.js';

const SEED = 20_261_128;

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const scheme = fc.constantFrom('http', 'https');

/** What the pattern means, said another way: by taking the origin apart. */
function meant(pattern: string, origin: string): boolean {
  const take = (text: string): RegExpExecArray | null =>
    /^([a-z][a-z0-9+.-]*):\/\/([a-z0-9_.*-]+)(?::([0-9*]+))?$/.exec(text);
  const [left, right] = [take(pattern), take(origin)];
  if (left === null || right === null || /[*]/.test(origin)) return false;
  if (left[1] !== right[1]) return false;
  if (left[3] === '*') {
    if (right[3] !== undefined && !/^[1-9]\d{0,4}$/.test(right[3])) return false;
  } else if (left[3] !== right[3]) return false;
  const [wanted, given] = [left[2] as string, right[2] as string];
  if (!wanted.startsWith('*.')) return wanted === given;
  const fixed = wanted.slice(2).split('.');
  const labels = given.split('.');
  return (
    labels.length > fixed.length &&
    labels.every((one) => one !== '') &&
    labels.slice(-fixed.length).join('.') === fixed.join('.')
  );
}

describe('an origin', () => {
  it('is itself and nothing else, whatever stands around it', () => {
    fc.assert(
      fc.property(scheme, host, port, fc.string(), fc.string(), (kind, name, number, before, behind) => {
        const origin = `${kind}://${name}${number === undefined ? '' : `:${number}`}`;
        const matches = originMatch([origin]);

        expect(matches(origin)).toBe(true);
        expect(matches(before + origin + behind)).toBe(before + behind === '');
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it('with a star in front means every name below and never the bare one, a neighbour or a longer one', () => {
    fc.assert(
      fc.property(scheme, host, label, label, (kind, name, sub, other) => {
        const matches = originMatch([`${kind}://*.${name}`]);

        expect(matches(`${kind}://${sub}.${name}`)).toBe(true);
        expect(matches(`${kind}://${other}.${sub}.${name}`)).toBe(true);
        for (const wrong of [
          `${kind}://${name}`,
          `${kind}://.${name}`,
          `${kind}://${sub}${name}`,
          `${kind}://${sub}.${name}.${other}`,
          `${kind}://${sub}.${name}:444`,
          `${kind}://${other}/${sub}.${name}`,
          `${kind}://${other}@${sub}.${name}`,
          `${kind}://${other}#.${name}`,
          `${kind}://${sub}..${name}`,
          `x${kind}://${sub}.${name}`,
        ]) {
          expect(matches(wrong), wrong).toBe(false);
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('matches as its meaning says, for any pattern and any origin like it', () => {
    const piece = fc.constantFrom(
      'a',
      'app',
      'example',
      '.',
      '..',
      '*',
      '-',
      ':',
      '8080',
      '443',
      'evil',
      '/',
      '@',
    );
    const text = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
    const pattern = fc.constantFrom(
      'https://*.app.example',
      'https://app.example',
      'https://*.app.example:8080',
      'https://*.app.example:*',
      'http://localhost:*',
      'capacitor://localhost',
    );
    fc.assert(
      fc.property(pattern, scheme, text, (given, kind, rest) => {
        const origin = `${kind}://${rest}`;

        expect(originMatch([given])(origin), `${given} ${origin}`).toBe(meant(given, origin));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('is compared in time that follows its length', () => {
    const matches = originMatch(['https://*.app.example:*']);
    const long = `https://${'a.'.repeat(2_000_000)}!`;

    const start = performance.now();
    expect(matches(long)).toBe(false);

    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it.each([
    'https://app.example',
    'http://localhost:3000',
    'http://localhost:*',
    'https://*.app.example',
    'https://*.app.example:8443',
    'https://[::1]:3000',
    'capacitor://localhost',
    'chrome-extension://abcdefgh',
    'http://*.localhost:3000',
    'null',
    '*',
  ])('%s may be written', (origin) => {
    expect(originProblem(origin)).toBeUndefined();
  });

  it.each([
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://App.example',
    'https://*',
    'https://*.example',
    'https://*app.example',
    'https://app.*.example',
    'https://*.*.example',
    'https://*.10.0.0.1',
    'https://user@app.example',
    'https://app.example:443',
    'http://app.example:80',
    'https://app.example:99999',
    'https://a b',
    'https://127.1',
    '',
    7,
    /https:.*/,
  ])('%s may not', (origin) => {
    expect(originProblem(origin)).toBeDefined();
  });
});
