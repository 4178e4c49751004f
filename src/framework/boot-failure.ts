import { ConfigError } from '../contracts/config-problem.js';

/** The exit code of a configuration that cannot run (sysexits.h, EX_CONFIG). */
const EXIT_CONFIG = 78;

/** What a process says, and exits with, when its gateway could not start. */
export function bootFailure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof ConfigError) {
    const lines = error.problems.map(({ where, message }) => `  ${where}: ${message}`);
    const text = `The configuration cannot run; ${error.problems.length} to mend:\n${lines.join('\n')}\n`;
    return { text, exitCode: EXIT_CONFIG };
  }
  const text = `The gateway could not start: ${error instanceof Error ? error.stack : String(error)}\n`;
  return { text, exitCode: 1 };
}
