import { describe, expect, it } from 'vitest';
import { CLIENT_HEADER_RULES } from '../../../src/contracts/client-header.rules.js';
import { HOP_BY_HOP } from '../../../src/proxy/hop-by-hop.js';
import { isTrailerField, NEVER_TRAILERS } from '../../../src/proxy/trailer-fields.js';

/** A name that a row of a table stands for. */
const nameOf = (row: string): string => row.replace('*', 'Anything');

describe('a trailer field', () => {
  it.each(['X-Checksum', 'Digest', 'Repr-Digest', 'Server-Timing', 'Grpc-Status', 'grpc-message', 'ETag'])(
    'may be %s',
    (name) => {
      expect(isTrailerField(name)).toBe(true);
    },
  );

  it.each([
    ...NEVER_TRAILERS.map(({ name }) => name),
    ...CLIENT_HEADER_RULES.map(({ name }) => name),
    ...HOP_BY_HOP,
  ])('is never %s, however it is spelled', (row) => {
    const name = nameOf(row);

    expect([name, name.toUpperCase(), name.replaceAll('-', '_')].map(isTrailerField)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(['Content-Length', 'Transfer-Encoding', 'Host', 'Authorization', 'Set-Cookie', 'Cache-Control'])(
    'is never %s',
    (name) => {
      expect(isTrailerField(name)).toBe(false);
    },
  );

  it('has a reason in the table, each name once', () => {
    const names = NEVER_TRAILERS.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(NEVER_TRAILERS.every(({ reference }) => reference.length > 5)).toBe(true);
  });
});
