import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KnownToken } from '../../../../src/policies/authenticate/jwt/known-token.js';
import { TokenMemo } from '../../../../src/policies/authenticate/jwt/token-memo.js';
import { VerificationKey } from '../../../../src/policies/authenticate/jwt/verification-key.js';

const key = new VerificationKey(createSecretKey(Buffer.alloc(32)), ['HS256']);

const known = (validFromMs = 0, expiresAtMs = 1_000) =>
  new KnownToken({ claims: {}, validFromMs, expiresAtMs, key, consumer: undefined, credential: undefined });

describe('TokenMemo', () => {
  it('never holds more than it was made for, and keeps the newest', () => {
    const memo = new TokenMemo(100);

    for (let i = 0; i < 10_000; i++) memo.remember(TokenMemo.keyOf(`token ${i}`), known());

    const kept = Array.from({ length: 10_000 }, (_, i) => i).filter(
      (i) => memo.recall(TokenMemo.keyOf(`token ${i}`), 0) !== undefined,
    );
    expect(memo.size).toBe(100);
    expect(kept).toEqual(Array.from({ length: 100 }, (_, i) => 9_900 + i));
  });

  it('forgets an entry that is asked for outside its time', () => {
    const memo = new TokenMemo(10);
    memo.remember('a', known(100, 200));

    const recalled = [100, 199, 200, 150].map((nowMs) => memo.recall('a', nowMs) !== undefined);

    expect(recalled).toEqual([true, true, false, false]);
    expect(memo.size).toBe(0);
  });

  it('stays bounded when entries expire and come back', () => {
    const memo = new TokenMemo(4);

    for (let i = 0; i < 1_000; i++) {
      memo.remember(`token ${i % 6}`, known());
      if (i % 3 === 0) memo.recall(`token ${i % 6}`, 2_000);
    }

    expect(memo.size).toBeLessThanOrEqual(4);
  });

  it('makes keys of 256 bits that differ for tokens differing in one byte', () => {
    const token = 'a'.repeat(500);
    const keys = Array.from({ length: 500 }, (_, i) =>
      TokenMemo.keyOf(`${token.slice(0, i)}b${token.slice(i + 1)}`),
    );

    expect(new Set(keys).size).toBe(500);
    expect(new Set(keys.map((key) => key.length))).toEqual(new Set([32]));
  });
});
