import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPONENTS, failsWithout, findComponent } from '../support/component.js';

const PROJECT = resolve(import.meta.dirname, '../..');

describe('tests that need a program of the machine', () => {
  it('find it on the PATH', () => {
    const folder = mkdtempSync(join(tmpdir(), 'component-'));
    const program = join(folder, 'chromium');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);

    const found = findComponent('chromium', { PATH: folder });

    rmSync(folder, { recursive: true });
    expect(found).toBe(program);
  });

  it('are listed as not run without it, and fail a CI run', () => {
    expect(failsWithout({})).toBe(false);
    expect(failsWithout({ CI: 'true' })).toBe(true);
  });

  it('get it installed by .ci/run', () => {
    const script = readFileSync(join(PROJECT, '.ci/run'), 'utf8');
    const installed = /^PACKAGES='(.*)'$/m.exec(script)?.[1]?.split(' ') ?? [];
    const sources = globSync('test/**/*.spec.ts', { cwd: PROJECT }).map((file) =>
      readFileSync(join(PROJECT, file), 'utf8'),
    );
    const needed = Object.entries(COMPONENTS)
      .filter(([name]) => sources.some((source) => source.includes(`needs('${name}')`)))
      .map(([, { packageName }]) => packageName);

    expect(installed).toEqual(expect.arrayContaining(needed));
  });
});
