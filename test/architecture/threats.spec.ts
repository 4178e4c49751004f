import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const TESTS = resolve(import.meta.dirname, '..');
/** What takes a process of its own or long is among the proofs. */
const SPECS = [join(TESTS, 'e2e/threats'), join(TESTS, 'proofs')];

/** The numbers of all known faults whose absence is promised; they are names and have gaps. */
const PROMISED: readonly (number | readonly [from: number, to: number])[] = [
  [1, 8],
  10,
  [12, 18],
  [20, 22],
  [24, 26],
  [28, 30],
  32,
  33,
  [35, 40],
  [42, 44],
  [46, 52],
  [54, 60],
  [61, 65],
  [66, 69],
  71,
  [73, 75],
  [76, 79],
  [82, 90],
  [92, 104],
  106,
  108,
  109,
  111,
  112,
  [113, 116],
  118,
  [121, 125],
  [127, 133],
  135,
  136,
  138,
];

/** Titles begin with one number, or with several that one test holds together: `[2] …`, `[13, 14] …`. */
const NUMBERED_TITLE = /['"`]\[(\d+(?:, \d+)*)\] /g;
const NUMBERED_ROW = /^\| *(\d+) *\| *(\S.*?) *\|$/gm;

describe('the known faults of gateways', () => {
  it('are each held by a test, or listed with the reason why not yet', () => {
    const accounted = new Set([...testedRows(), ...listedRows().map(({ row }) => row)]);

    const forgotten = promisedRows().filter((row) => !accounted.has(row));

    expect(forgotten).toEqual([]);
  });

  it('have no number that is not among the promised ones', () => {
    const promised = new Set(promisedRows());

    const unknown = [...testedRows(), ...listedRows().map(({ row }) => row)].filter(
      (row) => !promised.has(row),
    );

    expect(unknown).toEqual([]);
  });

  it('are listed once each, in order, with a reason', () => {
    const listed = listedRows();

    const rows = listed.map(({ row }) => row);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
    for (const { row, reason } of listed) expect(reason.length, `reason of ${row}`).toBeGreaterThan(20);
  });
});

function promisedRows(): readonly number[] {
  return PROMISED.flatMap((entry) => {
    if (typeof entry === 'number') return [entry];
    const [from, to] = entry;
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function testedRows(): readonly number[] {
  const folders = SPECS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const files = [
    ...folders.filter((name) => name.endsWith('.spec.ts')),
    // Tables of cases that a proof takes its titles from.
    join(TESTS, 'support/http2.floods.ts'),
    join(TESTS, 'integration/limits-across-instances.spec.ts'),
  ];
  return files.flatMap((name) => {
    const text = readFileSync(name, 'utf8');
    return [...text.matchAll(NUMBERED_TITLE)].flatMap(
      ([, numbers]) => numbers?.split(', ').map(Number) ?? [],
    );
  });
}

function listedRows(): readonly { readonly row: number; readonly reason: string }[] {
  const text = readFileSync(join(TESTS, 'threats.todo.md'), 'utf8');
  return [...text.matchAll(NUMBERED_ROW)].map(([, row, reason = '']) => ({ row: Number(row), reason }));
}
