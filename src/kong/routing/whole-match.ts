import { RE2JS, RE2JSException } from 're2js';

/** Whether a text, from its first character to its last, is what a regex describes. */
export type WholeMatch = (text: string) => boolean;

/** What a regex may cost, judged at load. */
const BOUNDS = { characters: 2_048, instructions: 256 } as const;

/** Compiles a regex that takes whole texts, in time linear in the text; else says what is wrong with it. */
export function wholeMatch(source: string): WholeMatch | string {
  if (source.length > BOUNDS.characters) {
    return `has ${source.length} characters; must be at most ${BOUNDS.characters}`;
  }
  try {
    const compiled = RE2JS.compile(source);
    const instructions = compiled.programSize();
    if (instructions > BOUNDS.instructions) {
      return `compiles to ${instructions} instructions; must be at most ${BOUNDS.instructions}`;
    }
    return (text) => compiled.testExact(text);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `is no regex that runs in linear time (${error.message}); must have the syntax of RE2, without look-around and back-references`;
  }
}
