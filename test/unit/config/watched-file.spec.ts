import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { fileSight } from '../../../src/config/watched-file.js';

const root = mkdtempSync(join(tmpdir(), 'watched-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the identity of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'case-'));
  });

  it('is the same as long as nothing happens', async () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'one');

    expect(await fileSight.identity(path)).toBe(await fileSight.identity(path));
  });

  it('changes when the file is written in place, to the same size and with its old date put back', async () => {
    const path = join(folder, 'secret');
    const date = new Date('2030-01-01T00:00:00Z');
    writeFileSync(path, 'one');
    utimesSync(path, date, date);
    const before = await fileSight.identity(path);

    writeFileSync(path, 'two');
    utimesSync(path, date, date);

    await expect.poll(() => fileSight.identity(path)).not.toBe(before);
  });

  it('changes when another file is renamed onto it', async () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'one');
    const before = await fileSight.identity(path);

    writeFileSync(join(folder, 'next'), 'two');
    renameSync(join(folder, 'next'), path);

    expect(await fileSight.identity(path)).not.toBe(before);
  });

  it('changes when a symlink further up is swapped', async () => {
    for (const version of ['..first', '..second']) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'secret'), 'same');
    }
    symlinkSync('..first', join(folder, '..data'));
    symlinkSync(join('..data', 'secret'), join(folder, 'secret'));
    const before = await fileSight.identity(join(folder, 'secret'));

    symlinkSync('..second', join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));

    expect(await fileSight.identity(join(folder, 'secret'))).not.toBe(before);
  });

  it('is none for a device, which is not read again', async () => {
    expect(await fileSight.identity('/dev/zero')).toBeUndefined();
  });
});
