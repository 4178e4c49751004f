#!/usr/bin/env node
import { runCommand } from './cli/run-command.js';
import { readStandardInput } from './cli/standard-input.js';

const exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  input: readStandardInput,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
if (exitCode !== undefined) {
  process.exitCode = exitCode;
  // What a team's modules opened must not keep a finished command; the answer is written first.
  process.stdout.write('', () => process.exit());
}
