import { setTimeout as pass } from 'node:timers/promises';
import { ask } from './gateway.harness.js';

const PAUSE_MS = 10;

/** Somebody who asks one thing after the other on new connections, as long as something else goes on. */
export async function asksMeanwhile<T>(url: string, going: Promise<T>): Promise<OrdinaryVisit<T>> {
  const outcomes: string[] = [];
  let slowestMs = 0;
  let over = false;
  const result = going.finally(() => {
    over = true;
  });
  // Seen below; until then nobody looks.
  result.catch(() => {});
  while (!over) {
    const start = performance.now();
    outcomes.push(
      await ask(url).then(
        ({ status }) => String(status),
        (error: Error) => error.message,
      ),
    );
    slowestMs = Math.max(slowestMs, performance.now() - start);
    await pass(PAUSE_MS);
  }
  return { result: await result, outcomes, slowestMs };
}

export interface OrdinaryVisit<T> {
  readonly result: T;
  /** The status of each answer, or why there was none. */
  readonly outcomes: readonly string[];
  readonly slowestMs: number;
}
