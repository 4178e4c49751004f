import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './child.mjs';
import { bin, root } from './project.mjs';

const DIST = join(root, 'dist');
/** What dist was built from: file name → digest. Times would change with every checkout. */
const RECORD = join(DIST, '.built-from.json');
/** Files outside src that change what the compiler writes. */
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Compiles src into dist when the sources are not those that dist was built from. */
export async function ensureBuilt() {
  const sources = digestSources();
  const built = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : undefined;
  if (built !== undefined && same(built, sources)) return;
  // The compiler never deletes what a removed source left behind.
  if (built === undefined || Object.keys(built).some((file) => !(file in sources))) {
    rmSync(DIST, { recursive: true, force: true });
  }
  console.log('Building.');
  const code = await run(join(bin, 'tsc'), ['-p', 'tsconfig.build.json']);
  if (code !== 0) throw new Error(`The build failed: tsc -p tsconfig.build.json (exit ${code}).`);
  writeFileSync(RECORD, JSON.stringify(sources));
}

/** @returns {Record<string, string>} */
function digestSources() {
  const inSource = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
  const digest = (file) =>
    createHash('sha256')
      .update(readFileSync(join(root, file)))
      .digest('base64');
  return Object.fromEntries([...SETTINGS, ...inSource.sort()].map((file) => [file, digest(file)]));
}

function same(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
