import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { inTurns } from '../../contracts/steps.js';
import type { KongReading } from './read-kong-configuration.js';
import { type FileOptions, readKongFiles } from './read-kong-files.js';
import { type ReadingParcel, unpackReading } from './reading-parcel.js';

/** What the other thread is given. */
export interface FilesToRead {
  readonly paths: readonly string[];
  readonly options: FileOptions;
}

const WORKER = new URL('./read-kong-files.worker.js', import.meta.url);

/**
 * Reads files as {@link readKongFiles} does, on a thread of its own: a large one takes seconds, and a process that serves
 * has none to give. Run from its sources, where no thread can be started, it reads them here.
 */
export async function readAside(
  paths: readonly string[],
  options: FileOptions,
  now: () => number,
): Promise<KongReading> {
  if (!existsSync(fileURLToPath(WORKER))) return readKongFiles(paths, options);
  return inTurns(unpackReading(await parcelOf({ paths, options })), now);
}

function parcelOf(workerData: FilesToRead): Promise<ReadingParcel> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData });
    // A process that is told to end does not wait for what it would read.
    worker.unref();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread that reads the files ended early')));
  });
}
