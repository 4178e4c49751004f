import type { ParseArgsOptionsConfig } from 'node:util';
import type { Environment } from '../contracts/environment.js';

/** Where a command reads and writes; a test puts its own in place of the process. */
export interface Terminal {
  readonly environment: Environment;
  /** The folder that relative file names start from. */
  readonly folder: string;
  /** Everything on standard input. */
  readonly input: () => Promise<string>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What was given behind a command's name. */
export interface Arguments {
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** What stands behind the name in its usage line: `METHOD PATH [--json]`. */
  readonly synopsis: string;
  readonly summary: string;
  /** Lines of help, one for each option. */
  readonly details: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** Gives the exit code; `undefined` when the process goes on as a service. */
  run(given: Arguments, terminal: Terminal): Promise<number | undefined>;
}

/** The exit code of a command line that means nothing (sysexits.h, EX_USAGE). */
export const EXIT_USAGE = 64;

/** A mistake in how a command was called; its message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
