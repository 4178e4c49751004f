import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { bin, root } from './project.mjs';

/** The same signal within this time is one signal: Ctrl-C reaches us from the terminal and again from npm. */
const SAME_SIGNAL_MS = 500;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a command to its end and gives its exit code; a signal counts as 128 + its number, as in a shell.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} options `env` is added to ours
 * @returns {Promise<number>}
 */
export function run(command, args, { cwd = root, env = {} } = {}) {
  return ended(spawn(command, args, { cwd, env: environment(env), stdio: 'inherit' }));
}

/**
 * Runs a service in the foreground: signals sent to us reach it once each, its exit code becomes ours.
 *
 * It has a process group of its own, because a terminal's Ctrl-C would reach it directly too,
 * and a second signal tells the service to drop what is in flight.
 */
export async function serve(command, args, { cwd = root, env = {} } = {}) {
  const child = spawn(command, args, { cwd, env: environment(env), stdio: 'inherit', detached: true });
  const lastSentAt = new Map();
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastSentAt.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS) return;
      lastSentAt.set(signal, now);
      // A closed terminal means "end"; without a terminal SIGHUP means whatever the service makes of it.
      child.kill(signal === 'SIGHUP' && process.stdout.isTTY ? 'SIGTERM' : signal);
    });
  }
  process.on('exit', () => child.kill('SIGKILL'));
  return ended(child);
}

/** @param {import('node:child_process').ChildProcess} child */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

function environment(added) {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...added };
}
