import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openJws, verifyJws } from '../../src/policies/authenticate/jwt/jws.js';
import { NO_JWT_SETTINGS } from '../../src/policies/authenticate/jwt/jwt.settings.js';
import { configureJwt, isProblems } from '../../src/policies/authenticate/jwt/jwt-configuration.js';
import { KeySet } from '../../src/policies/authenticate/jwt/key-set.js';

interface Vectors {
  readonly testGroups: readonly {
    readonly public?: object;
    readonly private?: object;
    readonly tests: readonly { readonly tcId: number; readonly jws: string; readonly result: string }[];
  }[];
}

/** Names a file of public vectors in the form of Wycheproof's `json_web_signature_test.json`. */
const FILE = process.env['JWS_VECTORS'];

function verifies(key: object, jws: string): boolean {
  const configuration = configureJwt({ jwks: key, audience: 'any' }, NO_JWT_SETTINGS);
  // A key that start would refuse verifies nothing.
  if (isProblems(configuration)) return false;
  const keys = configuration.issuers[0]?.keys;
  const opened = openJws(jws);
  return typeof opened !== 'string' && keys instanceof KeySet && typeof verifyJws(opened, keys) !== 'string';
}

describe.runIf(FILE !== undefined)('public vectors for JSON Web Signatures', () => {
  it('find no invalid token accepted, and valid ones refused only where we are stricter', () => {
    const { testGroups } = JSON.parse(readFileSync(FILE as string, 'utf8')) as Vectors;
    const wrong: Record<'accepted' | 'contradicted' | 'refused', number[]> = {
      accepted: [],
      contradicted: [],
      refused: [],
    };
    let [valid, invalid] = [0, 0];
    for (const { public: half, private: whole, tests } of testGroups) {
      // Some tokens stand there twice with one key, once as valid and once as invalid: nobody can do right by both.
      const good = new Set(tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws));
      for (const { tcId, jws, result } of tests) {
        const accepted = verifies(half ?? whole ?? {}, jws);
        if (result === 'valid') valid += 1;
        else invalid += 1;
        if (result === 'valid' && !accepted) wrong.refused.push(tcId);
        if (result !== 'valid' && accepted) wrong[good.has(jws) ? 'contradicted' : 'accepted'].push(tcId);
      }
    }
    console.log(JSON.stringify({ valid, invalid, ...wrong }));

    expect(wrong.accepted).toEqual([]);
    expect(wrong.refused.length).toBeLessThanOrEqual(6);
  });
});
