import type { RE2JS } from 're2js';

type Program = ReturnType<RE2JS['re2']>['prog'];
type Automaton = ReturnType<RE2JS['re2']>['dfa'];

/** One instruction of a compiled regex, as re2js has it. */
interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
}

/** The operations of re2js (`Inst`): two ways on, one way on, the end, and those that read a character. */
const ALT = 1;
const ALT_MATCH = 2;
const FAIL = 5;
const MATCH = 6;
const RUNE = 8;
const RUNE_ANY = 10;
const RUNE_ANY_NOT_NL = 11;

const NEWLINE = 10;
const MAX_LATIN1 = 0xff;

/** Sets of instructions that are looked at before the most is assumed, and tries of an instruction on a character. */
const MOST_SETS = 400;
const MOST_TRIES = 100_000;

/**
 * How many instructions may be under way at each character of a text that goes on and on: what reading it costs beside
 * its length. Sets of instructions that no text comes back to do not count, nor those that lead only there.
 *
 * @param anywhere the regex may begin at each character
 * @returns the size of the program where looking closer takes too long
 */
export function workPerCharacter(prog: Program, automaton: Automaton, anywhere: boolean): number {
  const sets = new Sets(prog, anywhere);
  const characters = [0, ...automaton.classBounds].filter((rune) => rune <= MAX_LATIN1);
  const followers: number[][] = [];
  for (let at = 0; at < sets.sizes.length; at++) {
    const behind = new Set(characters.map((rune) => sets.behind(at, rune)));
    behind.delete(NOWHERE);
    followers.push([...behind]);
    if (sets.sizes.length > MOST_SETS || sets.tries > MOST_TRIES) return prog.numInst();
  }
  return Math.max(0, ...onWaysBack(followers).map((at) => sets.sizes[at] as number));
}

const NOWHERE = -1;

/** The sets of instructions that can be under way, numbered as they are found; the first is the one at the start. */
class Sets {
  /** Instructions of each, those included that read nothing. */
  readonly sizes: number[] = [];
  tries = 0;
  readonly #numbers = new Map<string, number>();
  /** Of each, those that read a character. */
  readonly #reading: Instruction[][] = [];

  constructor(
    private readonly prog: Program,
    private readonly anywhere: boolean,
  ) {
    this.#numberOf([prog.start]);
  }

  /** What is under way once a character was read. */
  behind(number: number, rune: number): number {
    const reading = this.#reading[number] as Instruction[];
    this.tries += reading.length;
    const next = reading.filter((instruction) => reads(instruction, rune)).map(({ out }) => out);
    if (this.anywhere) next.push(this.prog.start);
    return next.length === 0 ? NOWHERE : this.#numberOf(next);
  }

  #numberOf(starts: readonly number[]): number {
    const under = new Set<number>();
    const left = [...starts];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      if (under.has(at)) continue;
      under.add(at);
      const { op, out, arg } = this.prog.getInst(at) as Instruction;
      if (op === ALT || op === ALT_MATCH) left.push(out, arg);
      // Assertions are taken to hold: what cannot be under way may be counted, never the other way round.
      else if (op < RUNE && op !== MATCH && op !== FAIL) left.push(out);
    }
    const key = [...under].sort((a, b) => a - b).join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.sizes.push(under.size) - 1;
    this.#numbers.set(key, number);
    const instructions = [...under].map((at) => this.prog.getInst(at) as Instruction);
    this.#reading.push(instructions.filter(({ op }) => op >= RUNE));
    return number;
  }
}

function reads(instruction: Instruction, rune: number): boolean {
  if (instruction.op === RUNE_ANY) return true;
  if (instruction.op === RUNE_ANY_NOT_NL) return rune !== NEWLINE;
  return instruction.matchRune(rune);
}

/** What stands on a circle, or between two. */
function onWaysBack(followers: readonly (readonly number[])[]): readonly number[] {
  const leaders: number[][] = followers.map(() => []);
  followers.forEach((behind, at) => {
    for (const next of behind) leaders[next]?.push(at);
  });
  const gone = new Set<number>();
  for (const [into, outOf] of [
    [followers, leaders],
    [leaders, followers],
  ] as const) {
    const left = outOf.map((ways) => ways.length);
    const bare = left.flatMap((ways, at) => (ways === 0 ? [at] : []));
    for (let at = bare.pop(); at !== undefined; at = bare.pop()) {
      gone.add(at);
      for (const next of into[at] as readonly number[]) {
        left[next] = (left[next] as number) - 1;
        if (left[next] === 0) bare.push(next);
      }
    }
  }
  return followers.flatMap((_, at) => (gone.has(at) ? [] : [at]));
}
