import { describe, expect, it } from 'vitest';
import {
  applyEdits,
  foldHeaderName,
  foldNothing,
  type HeaderEdit,
} from '../../../src/contracts/header-edit.js';

const FIELDS = ['A', '1', 'b', '2', 'a', '3'];
const headers = (...edits: readonly HeaderEdit[]) => applyEdits(FIELDS, edits, foldHeaderName);

describe('an edit of fields', () => {
  it.each<[string, HeaderEdit, readonly string[]]>([
    [
      'replaces every field of a name that is there',
      { kind: 'replace', name: 'a', value: 'x' },
      ['b', '2', 'a', 'x'],
    ],
    ['replaces nothing where the name is absent', { kind: 'replace', name: 'c', value: 'x' }, FIELDS],
    ['sets a name that is absent', { kind: 'set', name: 'c', value: 'x' }, [...FIELDS, 'c', 'x']],
    ['adds a name that is absent', { kind: 'add', name: 'c', value: 'x' }, [...FIELDS, 'c', 'x']],
    ['adds nothing where the name is there', { kind: 'add', name: 'a', value: 'x' }, FIELDS],
    ['appends in any case', { kind: 'append', name: 'a', value: 'x' }, [...FIELDS, 'a', 'x']],
    ['renames every field of a name', { kind: 'rename', name: 'a', to: 'c' }, ['c', '1', 'b', '2', 'c', '3']],
    ['renames in place of the fields that had the name', { kind: 'rename', name: 'b', to: 'a' }, ['a', '2']],
    [
      'renames nothing, and keeps the other name, where it is absent',
      { kind: 'rename', name: 'c', to: 'a' },
      FIELDS,
    ],
    ['renames a name to itself', { kind: 'rename', name: 'a', to: 'a' }, ['a', '1', 'b', '2', 'a', '3']],
  ])('%s', (_what, edit, left) => {
    expect(headers(edit)).toEqual(left);
  });

  it('compares names with case where the fold keeps it', () => {
    expect(applyEdits(FIELDS, [{ kind: 'remove', name: 'a' }], foldNothing)).toEqual(['A', '1', 'b', '2']);
  });

  it('leaves the list it was given as it was', () => {
    headers({ kind: 'remove', name: 'a' }, { kind: 'rename', name: 'b', to: 'c' });

    expect(FIELDS).toEqual(['A', '1', 'b', '2', 'a', '3']);
  });
});
