import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { root } from './project.mjs';

/**
 * Installs with `npm ci` when, and only when, node_modules is not what the lock file says.
 *
 * @param {string} folder the folder of a package.json with its lock
 */
export async function ensureInstalled(folder = root) {
  const reason = differenceFromLock(folder);
  if (reason === undefined) return;
  refuseLinkedPackages(folder);
  console.log(`Installing packages in ${folder} (${reason}).`);
  // EBADENGINE warnings are about the Node that runs npm; what we run is the pinned one.
  const arguments_ = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Inside `npm run` npm tells where it is; it must not run on the Node it is about to replace.
  const { npm_execpath: npmCli, npm_node_execpath: npmNode } = process.env;
  const [command, ...first] = npmCli?.endsWith('npm-cli.js') && npmNode ? [npmNode, npmCli] : ['npm'];
  const code = await run(command, [...first, ...arguments_], { cwd: folder });
  if (code !== 0) throw new Error(`npm ci failed in ${folder} (exit ${code}).`);
}

/** `npm ci` empties node_modules first; through a link it would empty the folder of somebody else. */
function refuseLinkedPackages(folder) {
  const packages = join(folder, 'node_modules');
  if (lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new Error(
    `${packages} is a link, and \`npm ci\` would empty the folder behind it. Remove the link, or bring that folder up to date where it is.`,
  );
}

/**
 * Why node_modules is not what the lock file says, or `undefined` when it is.
 *
 * npm keeps a lock of what it really installed beside the packages and writes it last, so a broken
 * or interrupted installation has none. Packages of other platforms are in our lock only.
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
export function differenceFromLock(folder = root) {
  const hidden = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return 'nothing is installed yet';
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const installed = packagesOf(hidden);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional && !isForThisMachine(entry)) continue;
      return `${path} is missing`;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} has changed`;
  }
  for (const path of Object.keys(installed)) if (!(path in wanted)) return `${path} is not in the lock`;
  return undefined;
}

/** Only packages that name exactly this machine are sure to be installed: libc variants and wasm are npm's choice. */
function isForThisMachine({ os, cpu, libc }) {
  return (
    libc === undefined && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true
  );
}

/** @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }>} */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
