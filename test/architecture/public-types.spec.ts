import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { publicTypes } from './public-types.js';

const SNAPSHOT = 'public-types.snapshot.txt';
const CHANGES = 'public-types.changes.json';

/** One state of the public types, and the words of CHANGELOG.md that tell users of it. */
interface Change {
  readonly fingerprint: string;
  readonly changelog: string;
}

const read = (file: string): string => readFileSync(resolve(import.meta.dirname, file), 'utf8');

describe('the public types', () => {
  let types: string;

  beforeAll(() => {
    types = publicTypes();
  }, 120_000);

  it(`are those of ${SNAPSHOT}; if the change is meant, run: npm test -- public-types -u`, async () => {
    await expect(types).toMatchFileSnapshot(SNAPSHOT);
  });

  it('change only together with a line of CHANGELOG.md', () => {
    const changes = JSON.parse(read(CHANGES)) as readonly Change[];
    const fingerprint = createHash('sha256').update(types).digest('hex').slice(0, 12);

    expect(
      changes.at(-1)?.fingerprint,
      `The public types have changed. Say so in CHANGELOG.md, in words for those who use them. Then add to ` +
        `test/architecture/${CHANGES}: { "fingerprint": "${fingerprint}", "changelog": "the words you wrote" }. ` +
        'A change of the same line that is not released yet may replace the last entry.',
    ).toBe(fingerprint);
  });

  it('have each change told by words that stand in CHANGELOG.md, under the version of the package or Unreleased', () => {
    const changes = JSON.parse(read(CHANGES)) as readonly Change[];
    const { version } = JSON.parse(read('../../package.json')) as { version: string };
    const changelog = oneLine(read('../../CHANGELOG.md'));

    const words = changes.map((change) => oneLine(change.changelog));

    expect(new Set(words).size).toBe(words.length);
    expect(words.filter((text) => text === '' || !changelog.includes(text))).toEqual([]);
    expect(currentSections(version)).toContain(words.at(-1));
  });
});

/** The text of the sections whose changes are in no earlier version. */
function currentSections(version: string): string {
  const sections = read('../../CHANGELOG.md').split(/^(?=## )/m);
  const current = sections.filter((section) => {
    const heading = section.split('\n', 1)[0] ?? '';
    return heading.includes(version) || /unreleased/i.test(heading);
  });
  expect(current, `CHANGELOG.md has no section "## ${version}".`).not.toEqual([]);
  return oneLine(current.join('\n'));
}

/** The document may be wrapped anew. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
