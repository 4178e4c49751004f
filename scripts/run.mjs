import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { check, tests } from './check.mjs';
import { run, serve } from './child.mjs';
import { dev } from './dev.mjs';
import { ensureInstalled } from './installation.mjs';
import { pinnedNode, root } from './project.mjs';

/**
 * The entry of every npm script: `node scripts/run.mjs TASK …`.
 *
 * The first call on a fresh clone runs on whatever Node the machine has, without node_modules: this folder
 * uses nothing but Node 20. Whatever a task starts runs on the Node that the lock file pins.
 */
const TASKS = {
  demo: async (args) => {
    await ready();
    return serve(pinnedNode, ['dist/demo/main.js', ...args]);
  },
  check: async () => {
    await ensureInstalled();
    return check();
  },
  dev: async (args) => {
    await ready();
    return dev(args);
  },
  // A production folder is installed and built by its image: only what is missing is made here.
  start: async (args) => {
    if (!existsSync(join(root, 'node_modules'))) await ensureInstalled();
    if (!existsSync(join(root, 'dist', 'main.js'))) await ensureBuilt();
    return serve(existsSync(pinnedNode) ? pinnedNode : process.execPath, ['dist/main.js', ...args]);
  },
  test: async (args) => {
    await ready();
    return tests(args);
  },
  proofs: async (args) => {
    await ready();
    return tests(args, { PROOFS: '1' });
  },
  build: async () => {
    await ready();
    return 0;
  },
  portcullis: async (args) => {
    await ready();
    return serve(pinnedNode, ['dist/cli.js', ...args]);
  },
  bench: async (args) => {
    await ready();
    await ensureInstalled(join(root, 'bench'));
    return serve(pinnedNode, ['bench/run.mjs', ...args]);
  },
  'bench:micro': async (args) => {
    await ready();
    return run(pinnedNode, ['bench/micro/run.mjs', ...args]);
  },
};

async function ready() {
  await ensureInstalled();
  await ensureBuilt();
}

const [name, ...args] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined;
if (task === undefined) {
  console.error(`No task ${JSON.stringify(name)}; there are: ${Object.keys(TASKS).join(', ')}.`);
  process.exit(64);
}
try {
  process.exit(await task(args));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
