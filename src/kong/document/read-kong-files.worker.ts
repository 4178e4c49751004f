import { parentPort, workerData } from 'node:worker_threads';
import type { FilesToRead } from './read-aside.js';
import { readKongFiles } from './read-kong-files.js';
import { packReading } from './reading-parcel.js';

/** The thread that reads files for another, which goes on serving. */
const { paths, options } = workerData as FilesToRead;
const parcel = packReading(await readKongFiles(paths, options));
parentPort?.postMessage(parcel, parcel.pieces?.map(({ buffer }) => buffer) ?? []);
