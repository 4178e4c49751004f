import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** What slowhttptest does to a service. */
export const ATTACKS = {
  /** A header section that never ends, some bytes a second. */
  headers: ['-H', '-i', '1', '-x', '8'],
  /** A body that never ends, some bytes a second. */
  bodies: ['-B', '-i', '1', '-x', '2', '-s', '4096'],
  /** Answers that are asked for and taken a few bytes at a time, through a window of hardly any. */
  reads: ['-X', '-w', '512', '-y', '1024', '-n', '1', '-z', '32'],
} as const;

/**
 * Runs Debian's slowhttptest with so many connections for so long. Resolves with whether its own probes always got an
 * answer.
 */
export async function attack(
  program: string,
  kind: keyof typeof ATTACKS,
  url: string,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<'available' | 'unavailable'> {
  // All of them within two seconds.
  const amount = ['-c', String(connections), '-r', String(connections / 2), '-l', String(seconds), '-p', '3'];
  const child = spawn(program, [...ATTACKS[kind], ...amount, '-u', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const reports = [...output.matchAll(/service available:\S*\s+\S*(YES|NO)/g)];
  if (reports.length === 0) throw new Error(`slowhttptest says nothing of the service: ${output}`);
  return reports.every(([, available]) => available === 'YES') ? 'available' : 'unavailable';
}
