import { setImmediate as othersFirst } from 'node:timers/promises';

/** Long work in parts: each `yield` is a place where others may go first. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** So long requests wait at most for a part of it, garbage collection apart. */
const TURN_MS = 10;

/** The whole work now, for those who have nothing else to do. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The work in turns with everything else that the process does. */
export async function inTurns<T>(steps: Steps<T>, now: () => number): Promise<T> {
  let began = now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (now() - began < TURN_MS) continue;
    await othersFirst();
    began = now();
  }
}
