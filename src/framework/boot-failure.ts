import { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';

/** The exit code of a configuration that cannot run (sysexits.h, EX_CONFIG). */
export const EXIT_CONFIG = 78;

/** What a process says, and exits with, when its gateway could not start. */
export function bootFailure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof ConfigError) {
    const lines = linesOf(error.problems);
    const text = `The configuration cannot run; ${lines.length} to mend:\n${lines.join('\n')}\n`;
    return { text, exitCode: EXIT_CONFIG };
  }
  return { text: `The gateway could not start: ${reasonOf(error)}\n`, exitCode: 1 };
}

/** One line for each mend: a key that is missing is missing once, however many routes ask for it. */
function linesOf(problems: readonly ConfigProblem[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const { where, message } of problems) {
    places.set(message, (places.get(message) ?? new Set()).add(where));
  }
  return [...places].map(([message, wheres]) => `  ${[...wheres].join(', ')}: ${message}`);
}

/** Why an address could not be listened on; a stack would say nothing more. */
const LISTEN_REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use already; stop what listens there',
  EADDRNOTAVAIL: 'is not an address of this machine; correct it',
  EACCES: 'may not be opened by this user; take a port above 1023',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  const refusal = syscall === 'listen' ? LISTEN_REFUSALS[code ?? ''] : undefined;
  if (refusal === undefined) return error.stack ?? error.message;
  return `${address}:${port} ${refusal}, or set another address (HOST, PORT, HTTPS_PORT, ADMIN_HOST, ADMIN_PORT).`;
}
