import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerSection } from '../../../src/contracts/header-section.js';

describe('headerSection', () => {
  it('writes each field on a line of its own, in order', () => {
    expect(headerSection(['Host', 'a:1', 'X-Empty', '', 'X-High', '\u00e9\t!'])).toBe(
      'Host: a:1\r\nX-Empty: \r\nX-High: \u00e9\t!\r\n',
    );
    expect(headerSection([])).toBe('');
  });

  it.each([
    ['a line break that would begin another field', ['X', 'a\r\nEvil: 1']],
    ['a bare line feed', ['X', 'a\nb']],
    ['a bare carriage return', ['X', 'a\rb']],
    ['a NUL', ['X', 'a\0b']],
    ['a character that is cut to a line break when it is sent', ['X', 'a\u010ab']],
    ['a line break in a name', ['X\r\nEvil: 1\r\nY', 'a']],
    ['a space in a name', ['X ', 'a']],
    ['a colon in a name', ['X: a\r\nEvil', '1']],
    ['an empty name', ['', 'a']],
  ])('refuses %s', (_what, fields) => {
    expect(() => headerSection(fields)).toThrow(TypeError);
  });

  it('writes exactly as many lines as fields, whatever the fields hold, or nothing', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'X', '-', ':', ' ', '\r', '\n', '\0', '\t', '\u010a', '\u00ff'),
    });

    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (pairs) => {
        let written: string;
        try {
          written = headerSection(pairs.flat());
        } catch {
          return;
        }
        const lines = Buffer.from(written, 'latin1')
          .toString('latin1')
          .split(/\r\n|\r|\n/);
        expect(lines).toEqual([...pairs.map(([name, value]) => `${name}: ${value}`), '']);
      }),
      { seed: 9112, numRuns: 2000 },
    );
  });
});
