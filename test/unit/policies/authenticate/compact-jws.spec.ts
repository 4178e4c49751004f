import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseCompactJws,
  TOKEN_LIMIT_CHARACTERS,
} from '../../../../src/policies/authenticate/jwt/compact-jws.js';

const FUZZ = { seed: 20_261_101, numRuns: 2_000 } as const;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

describe('parseCompactJws', () => {
  it('gives back the bytes of every token that an encoder made', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (header, payload, signature) => {
        const input = `${header.toString('base64url')}.${payload.toString('base64url')}`;

        const parsed = parseCompactJws(`${input}.${signature.toString('base64url')}`);

        expect(parsed).toEqual({ header, payload, signature, signingInput: input });
      }),
      FUZZ,
    );
  });

  it('accepts exactly the texts that are three parts and come out of an encoder', () => {
    const alphabet = fc.constantFrom(...ALPHABET.slice(0, 8), '.', '.', '=', '+', '/', ' ', '\n', 'é', '\0');

    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 16 }), (text) => {
        const parts = text.split('.');
        const canonical = parts.every(isCanonical);

        expect(parseCompactJws(text) !== undefined).toBe(parts.length === 3 && canonical);
      }),
      FUZZ,
    );
  });

  it('knows one spelling of a token: any other last character is refused or means other bytes', () => {
    const token = `e30.e30.${Buffer.alloc(32, 7).toString('base64url')}`;
    const own = parseCompactJws(token)?.signature;

    const same = ALPHABET.map((last) => token.slice(0, -1) + last).filter(
      (other) => other !== token && parseCompactJws(other)?.signature.equals(own ?? Buffer.alloc(0)),
    );

    expect(same).toEqual([]);
  });

  it.each([
    '',
    '.',
    '..a',
    'a',
    'a.b',
    'e30.e30.e30.',
    '.e30.e30.e30',
    'e30.e30.e30.e30.e30',
    'e30=.e30.e30',
    'e30.e30.e30 ',
  ])('decides on %j without an exception', (text) => {
    expect(parseCompactJws(text)).toBeUndefined();
  });

  it('refuses a token over the limit', () => {
    const padding = 'A'.repeat(TOKEN_LIMIT_CHARACTERS);

    expect(parseCompactJws(`e30.e30.${padding}`)).toBeUndefined();
  });
});

/** By the book (RFC 4648, section 5), without a decoder. */
function isCanonical(part: string): boolean {
  if (!/^[\w-]*$/.test(part)) return false;
  const last = ALPHABET.indexOf(part.at(-1) ?? 'A');
  switch (part.length % 4) {
    case 1:
      return false;
    case 2:
      return last % 16 === 0;
    case 3:
      return last % 4 === 0;
    default:
      return true;
  }
}
