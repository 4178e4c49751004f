import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where installed packages put their commands, the pinned Node among them. */
export const bin = join(root, 'node_modules', '.bin');

/** The Node every task runs on: it comes from the lock file, whatever the machine has. */
export const pinnedNode = join(bin, 'node');
