import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { workPerCharacter } from '../../../../src/kong/routing/regex-work.js';
import { LIMIT_MS, runs } from '../../../support/proof-size.js';

const SEED = 20_261_130;

const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]'),
    tie('pattern').map((inner) => `(${inner})`),
    fc
      .tuple(
        fc.constantFrom('a', '[ab]', '.', '(ab)', '(a|b)'),
        fc.constantFrom('*', '+', '?', '{0,4}', '{3}'),
      )
      .map((parts) => parts.join('')),
  ),
  pattern: fc
    .array(fc.array(tie('piece'), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .map((alternatives) => alternatives.map((pieces) => pieces.join('')).join('|')),
}));

interface Step {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
}

/** The sets of instructions under way at each character, by the definition. */
function setsOn(prog: ReturnType<RE2JS['re2']>['prog'], text: string, anywhere: boolean): string[] {
  const close = (at: number, into: Set<number>): void => {
    if (into.has(at)) return;
    into.add(at);
    const { op, out, arg } = prog.getInst(at) as Step;
    if (op <= 2) close(arg, into);
    if (op <= 4 || op === 7) close(out, into);
  };
  const sets: string[] = [];
  let under = new Set<number>();
  close(prog.start, under);
  for (const character of text) {
    const next = new Set<number>();
    for (const at of under) {
      const step = prog.getInst(at) as Step;
      if (step.op < 8) continue;
      if (step.op === 10 || step.op === 11 || step.matchRune(character.charCodeAt(0))) close(step.out, next);
    }
    if (anywhere) close(prog.start, next);
    under = next;
    sets.push([...under].sort((a, b) => a - b).join());
  }
  return sets;
}

const sizeOf = (set: string): number => (set === '' ? 0 : set.split(',').length);

describe('the work that a regex makes at each character', () => {
  it(
    'is never less than what is under way each time a text comes back to it',
    () => {
      let came = 0;
      const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 200, maxLength: 200 });
      fc.assert(
        fc.property(pattern, texts, fc.boolean(), (source, letters, anywhere) => {
          const { prog, dfa } = RE2JS.compile(source).re2();
          const work = workPerCharacter(prog, dfa, anywhere);
          const seen = new Set<string>();
          for (const set of setsOn(prog, letters.join(''), anywhere)) {
            if (!seen.has(set)) {
              seen.add(set);
              continue;
            }
            came++;
            expect(sizeOf(set)).toBeLessThanOrEqual(work);
          }
          expect(work).toBeLessThanOrEqual(prog.numInst());
        }),
        { seed: SEED, numRuns: runs(500) },
      );

      expect(came).toBeGreaterThan(runs(5_000));
    },
    LIMIT_MS,
  );
});
