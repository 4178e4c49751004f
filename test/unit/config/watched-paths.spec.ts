import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WatchedPaths } from '../../../src/config/watched-paths.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watched-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const isYaml = (name: string): boolean => name.endsWith('.yml') && !name.startsWith('.');

describe('files that are looked at', () => {
  it('changed once they stayed the same from one look to the next', async () => {
    const file = join(folder, 'a.yml');
    await writeFile(file, 'one');
    const watched = new WatchedPaths([file], isYaml);
    await watched.know();
    expect(await watched.look()).toBe(false);

    await writeFile(file, 'a longer one');

    expect([await watched.look(), await watched.look(), await watched.look()]).toEqual([false, true, false]);
  });

  it('changed when one of a folder comes, changes or goes, and not when another file does', async () => {
    await writeFile(join(folder, 'a.yml'), 'one');
    const watched = new WatchedPaths([folder], isYaml);
    await watched.know();

    await writeFile(join(folder, 'notes.txt'), 'x');
    expect([await watched.look(), await watched.look()]).toEqual([false, false]);
    await writeFile(join(folder, 'b.yml'), 'two');
    expect([await watched.look(), await watched.look()]).toEqual([false, true]);
    await rm(join(folder, 'a.yml'));
    expect([await watched.look(), await watched.look()]).toEqual([false, true]);
  });

  it('changed when a ConfigMap’s link leads elsewhere', async () => {
    for (const version of ['..v1', '..v2']) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'a.yml'), 'same length');
    }
    await symlink('..v1', join(folder, '..data'));
    await symlink(join('..data', 'a.yml'), join(folder, 'a.yml'));
    const watched = new WatchedPaths([folder], isYaml);
    await watched.know();

    await symlink('..v2', join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));

    expect([await watched.look(), await watched.look()]).toEqual([false, true]);
  });

  it('changed when one goes, and when it is back', async () => {
    const file = join(folder, 'a.yml');
    const watched = new WatchedPaths([file], isYaml);
    await watched.know();

    await writeFile(file, 'one');

    expect([await watched.look(), await watched.look()]).toEqual([false, true]);
  });
});
