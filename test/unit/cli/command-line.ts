import { resolve } from 'node:path';
import { runCommand } from '../../../src/cli/run-command.js';

/** What a command line did. */
export interface Outcome {
  readonly exitCode: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, in the folder of these tests and with an environment of its own. */
export async function commandLine(
  line: string,
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Outcome> {
  const said = { out: '', err: '' };
  const exitCode = await runCommand(line.split(' ').filter(Boolean), {
    environment,
    folder: resolve(import.meta.dirname),
    input: async () => input,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
  });
  return { exitCode, ...said };
}
