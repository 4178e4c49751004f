import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../support/documents/code-blocks.js';
import { ScratchProject } from '../support/documents/scratch-project.js';

const DOCUMENT = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
const FILES = codeBlocks(DOCUMENT).flatMap(({ file, code }) => (file === undefined ? [] : [{ file, code }]));

const project = new ScratchProject();
for (const { file, code } of FILES) project.write(file, code);
afterAll(() => project.remove());

describe('the code of docs/testing.md', () => {
  it('compiles under strict settings', () => {
    expect(FILES.map(({ file }) => file)).toEqual([
      'test/users.spec.ts',
      'test/gateway-matchers.ts',
      'test/time.spec.ts',
    ]);
    expect(project.problemsIn(FILES.map(({ file }) => file))).toEqual([]);
  }, 60_000);

  it('is typed: a matcher that is misspelled does not compile', () => {
    const { code } = FILES[0] as { code: string };
    project.write('test/misspelled.spec.ts', code.replaceAll('toBeDeniedBy', 'toBeDenied'));

    expect(project.problemsIn(['test/misspelled.spec.ts', 'test/gateway-matchers.ts'])).not.toEqual([]);
  }, 60_000);
});

describe('its tests', async () => {
  // Loaded here, they are tests of this file.
  for (const { file } of FILES) if (file.endsWith('.spec.ts')) await import(project.path(file));
});
