import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
  'bench/README.md',
];

const LINK = /\]\(([^)\s]+)\)/g;

describe('the documents', () => {
  it.each(DOCUMENTS)('%s links only to files and headings that exist', (document) => {
    const text = read(document);

    const broken = [...text.matchAll(LINK)]
      .map(([, target]) => target as string)
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(document, target));

    expect(broken).toEqual([]);
  });

  it.each(DOCUMENTS)('%s closes every fence it opens', (document) => {
    const fences = read(document).match(/^```/gm) ?? [];

    expect(fences.length % 2).toBe(0);
  });

  it('README says of everything that works where its tests are', () => {
    const works = tableUnder(read('README.md'), '| Works | Tests |');

    expect(works.length).toBeGreaterThan(10);
    for (const row of works) expect(row).toMatch(/\]\(test\/[^)]+\.spec\.ts\)/);
  });
});

function read(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(ROOT, document) : resolve(ROOT, dirname(document), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor);
}

/** What renderers make of headings: lower-case, punctuation gone, blanks as dashes. */
function anchorsOf(text: string): ReadonlySet<string> {
  const withoutCode = text.replace(/^```[\s\S]*?^```/gm, '');
  return new Set(
    [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function tableUnder(text: string, headings: string): string[] {
  const [, after = ''] = text.split(`${headings}\n`);
  const [table = ''] = after.split('\n\n');
  return table.split('\n').slice(1);
}
