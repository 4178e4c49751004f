import { RE2JS, RE2JSException, RE2JSSyntaxException, RE2Set } from 're2js';
import { refusedSyntax } from './refused-syntax.js';
import { workPerCharacter } from './regex-work.js';

/** What a regex may cost, judged at load. */
export const REGEX_BOUNDS = {
  characters: 2_048,
  instructions: 256,
  /** Instructions under way at each character: what keeps a path of 8 KiB below 10 ms. */
  workPerCharacter: 48,
  /** One state of the automaton for each instruction. */
  automatonBytes: 256 * 1024,
  /**
   * The states it keeps from one text to the next. It forgets them when there are more, and runs without where there
   * are far more, so that nobody's paths can fill memory or keep the process busy making states.
   */
  keptBytes: 64 * 1024,
} as const;

const BYTES_PER_CELL = 8;

/** Where in a text a regex matches. */
export type RegexKind = 'from the start' | 'the whole text' | 'anywhere, in any case';

/** The engine anchors, not a `^` in front, which would hold the first of several alternatives only. */
const ANCHORS: Readonly<Record<RegexKind, number>> = {
  'from the start': RE2Set.ANCHOR_START,
  'the whole text': RE2Set.ANCHOR_BOTH,
  'anywhere, in any case': RE2Set.UNANCHORED,
};

/** A regex that runs in time linear in its text, whatever both are. */
export class LinearRegex {
  readonly #pattern: ReturnType<RE2JS['re2']>;
  readonly #anchor: number;
  readonly #groups: number;
  readonly #names: readonly (readonly [name: string, group: number])[];

  /** The text every match begins with; empty where there is none, and for one that matches anywhere. */
  readonly literalPrefix: string;
  /** By number and by name, as they stand in captures. */
  readonly captureNames: readonly string[];

  private constructor(compiled: RE2JS, kind: RegexKind) {
    this.#pattern = compiled.re2();
    this.#anchor = ANCHORS[kind];
    this.#groups = compiled.groupCount();
    this.#names = Object.entries(compiled.namedGroups());
    this.literalPrefix = kind === 'anywhere, in any case' ? '' : String(this.#pattern.prefix ?? '');
    this.captureNames = [
      ...Array.from({ length: this.#groups }, (_, i) => String(i + 1)),
      ...this.#names.map(([name]) => name),
    ];
  }

  /** The regex, or what is wrong with it. */
  static compile(source: string, kind: RegexKind): LinearRegex | string {
    if (source.length > REGEX_BOUNDS.characters) {
      return `has ${source.length} characters; must be at most ${REGEX_BOUNDS.characters}; split it into several`;
    }
    let compiled: RE2JS;
    try {
      compiled = RE2JS.compile(source, kind === 'anywhere, in any case' ? RE2JS.CASE_INSENSITIVE : 0);
    } catch (error) {
      if (error instanceof RE2JSSyntaxException)
        return refusedSyntax(error.getDescription(), error.getPattern());
      if (error instanceof RE2JSException)
        return `is no regex: ${error.message}; must have the syntax of RE2`;
      throw error;
    }
    return excess(compiled, kind) ?? new LinearRegex(compiled, kind);
  }

  matches(text: string): boolean {
    return this.#pattern.matchWithGroup(text, 0, text.length, this.#anchor, 0)[0] === true;
  }

  /** Start and end of the match and of each group, -1 where it took no part; `undefined` without a match. */
  locate(text: string): readonly number[] | undefined {
    const [matched, positions] = this.#pattern.matchWithGroup(
      text,
      0,
      text.length,
      this.#anchor,
      this.#groups + 1,
    ) as [boolean, number[] | null];
    return matched ? (positions as number[]) : undefined;
  }

  /** The texts of the groups at these positions; `undefined` for a regex without groups. */
  captures(text: string, positions: readonly number[]): Record<string, string> | undefined {
    if (this.#groups === 0) return undefined;
    // A group may be called `__proto__`.
    const captures: Record<string, string> = Object.create(null);
    for (let group = 1; group <= this.#groups; group++) {
      const from = positions[2 * group] ?? -1;
      if (from >= 0) captures[group] = text.slice(from, positions[2 * group + 1]);
    }
    for (const [name, group] of this.#names) {
      const value = captures[group];
      if (value !== undefined) captures[name] = value;
    }
    return captures;
  }
}

/** What is too much of a sound regex. Bounds its kept states on the way. */
function excess(compiled: RE2JS, kind: RegexKind): string | undefined {
  const instructions = compiled.programSize();
  if (instructions > REGEX_BOUNDS.instructions) {
    return `compiles to ${instructions} instructions; must be at most ${REGEX_BOUNDS.instructions}; use smaller repetitions, or '*' and '+'`;
  }
  const numbered = Object.keys(compiled.namedGroups()).find((name) => /^\d/.test(name));
  if (numbered !== undefined) {
    return `has a group named '${numbered}'; a name must begin with a letter or '_', as numbers count the groups`;
  }
  const { prog, dfa } = compiled.re2();
  // A small program needs no closer look.
  const work =
    instructions <= REGEX_BOUNDS.workPerCharacter
      ? instructions
      : workPerCharacter(prog, dfa, ANCHORS[kind] === RE2Set.UNANCHORED);
  if (work > REGEX_BOUNDS.workPerCharacter) {
    return `can be at ${work} places at once while it reads a long text; must be at most ${REGEX_BOUNDS.workPerCharacter}; use '[^/]*' in place of '.*', and no counted repetition behind an endless one`;
  }
  const bytes = instructions * (dfa.numClasses + 1) * BYTES_PER_CELL;
  if (bytes > REGEX_BOUNDS.automatonBytes) {
    const kib = (limit: number) => Math.ceil(limit / 1024);
    return `needs an automaton of ${kib(bytes)} KiB; must be at most ${kib(REGEX_BOUNDS.automatonBytes)} KiB; use plain ranges in place of Unicode classes`;
  }
  dfa.stateBudget = REGEX_BOUNDS.keptBytes;
  dfa.memBudget = REGEX_BOUNDS.keptBytes;
  return undefined;
}
