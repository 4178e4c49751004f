import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = new URL('../../../scripts/installation.mjs', import.meta.url).href;
const { ensureInstalled } = (await import(SCRIPT)) as { ensureInstalled(folder: string): Promise<void> };

describe('installing on the first run', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'installation-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('refuses a node_modules that is a link, and leaves what is behind it alone', async () => {
    const theirs = join(folder, 'theirs');
    const ours = join(folder, 'ours');
    for (const made of [theirs, ours]) mkdirSync(made);
    writeFileSync(join(theirs, 'precious'), '');
    writeFileSync(join(ours, 'package-lock.json'), '{ "packages": {} }');
    symlinkSync(theirs, join(ours, 'node_modules'), 'junction');

    const installing = ensureInstalled(ours);

    await expect(installing).rejects.toThrow(/node_modules is a link.*Remove the link/);
    expect(existsSync(join(theirs, 'precious'))).toBe(true);
  });
});
