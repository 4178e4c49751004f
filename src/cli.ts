#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { runCommand } from './cli/run-command.js';

const exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  input: () => text(process.stdin),
  out: (written) => process.stdout.write(written),
  err: (written) => process.stderr.write(written),
});
if (exitCode !== undefined) {
  process.exitCode = exitCode;
  // What a team's modules opened must not keep a finished command; the answer is written first.
  process.stdout.write('', () => process.exit());
}
