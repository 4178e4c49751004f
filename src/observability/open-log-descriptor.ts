import { constants, fstatSync, openSync } from 'node:fs';

export interface LogDescriptor {
  readonly fd: number;
  readonly owned: boolean;
}

const STDOUT: LogDescriptor = { fd: 1, owned: false };

/** As mode `a`, without blocking; to a plain file that makes no difference. */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? /* Windows */ 0);

/**
 * Opens where a log goes. A pipe is written to without blocking: a write into a full pipe would otherwise hold a
 * thread of Node's pool until the reader comes back, and the process could not even exit. A named pipe that nobody
 * reads cannot be opened at all, where the process would otherwise wait for a reader for ever.
 *
 * @throws as node:fs does when the file cannot be opened
 */
export function openLogDescriptor(target: string): LogDescriptor {
  if (target !== 'stdout') return { fd: openSync(target, APPEND, 0o640), owned: true };
  try {
    if (!fstatSync(1).isFIFO()) return STDOUT;
    return { fd: openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK), owned: true };
  } catch {
    // No /proc, or a pipe that belongs to another user: the ordinary descriptor still works.
    return STDOUT;
  }
}
