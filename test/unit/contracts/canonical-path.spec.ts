import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, isSoundQuery } from '../../../src/contracts/canonical-path.js';

describe('canonicalPath', () => {
  it.each([
    ['/', '/'],
    ['/api/users/7', '/api/users/7'],
    ['/api/users/', '/api/users/'],
    ['/%7Euser', '/~user'],
    ['/%61dmin', '/admin'],
    ['/a%2db', '/a-b'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b', '/a%20b'],
    ['/a%3fb', '/a%3Fb'],
    ['/100%25', '/100%25'],
    ['/a%2525', '/a%2525'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%25c0%25af', '/%25c0%25af'],
    ['/admin;x=1', '/admin;x=1'],
    ['/;/admin', '/;/admin'],
    ['/admin;/x', '/admin;/x'],
    ['/api../admin', '/api../admin'],
    ['/.../a', '/.../a'],
    ['/%20HTTP/1.1%0d%0aX:y', '/%20HTTP/1.1%0D%0AX:y'],
    ['/..a/.b/c..', '/..a/.b/c..'],
    ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@"],
  ])('reads %s as %s', (raw, path) => {
    expect(canonicalPath(raw)).toBe(path);
  });

  it.each([
    ['an empty segment', '/a//b'],
    ['an empty first segment', '//a'],
    ['two slashes at the end', '/a//'],
    ['a dot segment', '/a/./b'],
    ['a dot segment at the end', '/a/.'],
    ['a double dot segment', '/a/../b'],
    ['a double dot segment at the end', '/a/..'],
    ['an escaped dot segment', '/a/%2e/b'],
    ['an escaped double dot segment', '/a/%2E%2e/b'],
    ['half an escaped double dot segment', '/a/.%2e'],
    ['a dot segment with parameters', '/a/..;v=1/b'],
    ['a dot segment with empty parameters', '/..;/a'],
    ['an escaped dot segment with parameters', '/%2e%2e;/a'],
    ['a plain dot segment with parameters', '/.;/a'],
    ['a dot segment with escaped parameters', '/a/..%3bv=1/b'],
    ['an escaped slash', '/a%2Fb'],
    ['an escaped backslash', '/a%5cb'],
    ['a backslash', '/a\\b'],
    ['an escaped NUL', '/a%00'],
    ['a malformed escape', '/a%zz'],
    ['a cut escape', '/a%4'],
    ['an escape at the very end', '/a%'],
    ['a stray UTF-8 byte', '/%ff'],
    ['an overlong slash', '/%c0%af'],
    ['half a character', '/%c3'],
    ['a surrogate', '/%ed%a0%80'],
    ['an overlong dot', '/%e0%80%ae'],
    ['a character beyond the last', '/%f4%90%80%80'],
    ['a byte of eight bits', '/\u00ff'],
    ['a control character behind the path', '/a\n'],
    ['a space', '/a b'],
    ['a control character', '/a\u0001'],
    ['a letter beyond ASCII', '/café'],
    ['a fragment', '/a#b'],
    ['a query', '/a?b'],
    ['no leading slash', 'a'],
    ['an absolute form', 'http://host/a'],
    ['an asterisk', '*'],
    ['nothing', ''],
  ])('refuses %s', (_what, raw) => {
    expect(canonicalPath(raw)).toBeUndefined();
  });

  /** Pieces that matter to a path, so that random paths are near the edges. */
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '/.',
      '/..',
      '//',
      '%',
      '%2',
      ';',
      '\\',
      'a',
      'Z',
      '~',
      ' ',
      'é',
      '*',
      ':',
      '?',
    ),
    fc.constantFrom(
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '%00',
      '%7e',
      '%41',
      '%25',
      '%c3%a9',
      '%C3%A9',
      '%ff',
      '%zz',
      '%3B',
    ),
    fc.string({ maxLength: 3 }),
  );
  const raw = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
  const sure = { seed: 20261124, numRuns: 5_000 };

  it('agrees with a plainer reading of the same rules', () => {
    fc.assert(
      fc.property(raw, (text) => {
        expect(canonicalPath(text)).toBe(plainReading(text));
      }),
      sure,
    );
  });

  it('is stable: a canonical path is its own canonical path', () => {
    fc.assert(
      fc.property(raw, (text) => {
        const path = canonicalPath(text);
        if (path !== undefined) expect(canonicalPath(path)).toBe(path);
      }),
      sure,
    );
  });

  it('means the same to an upstream that decodes it, and holds nothing that an upstream resolves away', () => {
    fc.assert(
      fc.property(raw, (text) => {
        const path = canonicalPath(text);
        if (path === undefined) return;
        expect(decodeURIComponent(path)).toBe(decodeURIComponent(text));
        for (const reading of [path, decodeURIComponent(path)]) {
          const segments = reading.split('/').slice(1);
          expect(segments.slice(0, -1)).not.toContain('');
          for (const segment of segments) expect(['.', '..']).not.toContain(segment.split(';')[0]);
        }
        // A URL parser resolves dot segments, escaped ones too, and turns backslashes into slashes.
        expect(new URL(`http://upstream${path}`).pathname).toBe(path);
      }),
      sure,
    );
  });
});

/** The rules once more, segment by segment and without a fast way. */
function plainReading(text: string): string | undefined {
  const out: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character !== '%') {
      if (!/[A-Za-z0-9\-._~!$&'()*+,;=:@/]/.test(character)) return undefined;
      out.push(character);
      continue;
    }
    const digits = text.slice(i + 1, i + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
    const byte = Number.parseInt(digits, 16);
    if (byte === 0x2f || byte === 0x5c || byte === 0) return undefined;
    const plain = String.fromCharCode(byte);
    out.push(/[A-Za-z0-9\-._~]/.test(plain) ? plain : `%${digits.toUpperCase()}`);
    i += 2;
  }
  const path = out.join('');
  try {
    decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const segments = path.split('/').slice(1);
  const ambiguous = segments.some((segment, i) => {
    const name = segment.replaceAll('%3B', ';').split(';')[0] as string;
    return name === '.' || name === '..' || (segment === '' && i < segments.length - 1);
  });
  return ambiguous ? undefined : path;
}

describe('isSoundQuery', () => {
  it.each(['?', '?a=1&b=2', '?a[b]=1', '?q=|^{}`~', '?a=%zz'])('passes %s on', (query) => {
    expect(isSoundQuery(query)).toBe(true);
  });

  it.each(['?a b', '?a\tb', '?é', '?a#b', '?a"b', '?<b>', '?a\\b', '?\u0000', '?\u007f', '?\uffff'])(
    'refuses %j',
    (query) => {
      expect(isSoundQuery(query)).toBe(false);
    },
  );
});
