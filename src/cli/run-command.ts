import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bootFailure } from '../framework/boot-failure.js';
import { checkCommand } from './check.command.js';
import { type Arguments, type Command, EXIT_USAGE, type Terminal, UsageError } from './command.js';
import { explainCommand } from './explain.command.js';
import { keyCommand } from './key.command.js';
import { passwordCommand } from './password.command.js';
import { routesCommand } from './routes.command.js';
import { startCommand } from './start.command.js';
import { tokenCommand } from './token.command.js';

const COMMANDS: readonly Command[] = [
  startCommand,
  routesCommand,
  explainCommand,
  checkCommand,
  tokenCommand,
  keyCommand,
  passwordCommand,
];

/**
 * Runs a command line and gives its exit code; `undefined` when the process goes on as a service.
 *
 * 64: the line means nothing. 78: the configuration cannot run. Both say what to mend, on standard error.
 */
export async function runCommand(line: readonly string[], terminal: Terminal): Promise<number | undefined> {
  const [name, ...rest] = line;
  if (name === '--version' || name === '-v') {
    terminal.out(`${version()}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.out(overview());
    return 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const there = COMMANDS.map((candidate) => candidate.name).join(', ');
    const missing =
      name === undefined ? 'A command is missing' : `There is no command ${JSON.stringify(name)}`;
    terminal.err(`${missing}; there are: ${there}. portcullis --help says what they do.\n`);
    return EXIT_USAGE;
  }
  try {
    const given = parse(command, rest);
    if (given.options['help'] === true) {
      terminal.out(help(command));
      return 0;
    }
    return await command.run(given, terminal);
  } catch (error) {
    return failed(command, error, terminal);
  }
}

function parse(command: Command, rest: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { options: values, positionals };
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function failed(command: Command, error: unknown, { err }: Terminal): number {
  if (error instanceof UsageError) {
    err(`${error.message}\nUsage: portcullis ${command.name} ${command.synopsis}\n`);
    return EXIT_USAGE;
  }
  const { text, exitCode } = bootFailure(error);
  err(text);
  return exitCode;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: portcullis COMMAND …\n\n${lines.join('\n')}\n\nportcullis COMMAND --help says more. portcullis --version prints the version.\n`;
}

function help({ name, synopsis, summary, details }: Command): string {
  const lines = details.map((detail) => `  ${detail}`);
  return `Usage: portcullis ${name} ${synopsis}\n\n${name} ${summary}.\n\n${lines.join('\n')}\n`;
}

function version(): string {
  // Two folders up, in the sources as in dist.
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
