import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/contracts/clock.js';
import { NO_JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import { configureJwt, isProblems } from '../../../../src/policies/authenticate/jwt/jwt-configuration.js';
import { JwtVerifier } from '../../../../src/policies/authenticate/jwt/jwt-verifier.js';
import { JWS_CASES } from '../../../support/jws.cases.js';
import type { JwsCase } from '../../../support/jws-case.js';
import { selfKeyed } from '../../../support/jws-key.cases.js';

/** Whether the token is believed by the keys it meets. */
function accepts({ keys, token }: JwsCase): boolean {
  const configuration = configureJwt({ jwks: keys, audience: 'cases' }, NO_JWT_SETTINGS);
  if (isProblems(configuration)) throw new Error(configuration.join('\n'));
  const outcome = new JwtVerifier(configuration, systemClock).verify(token);
  return typeof outcome === 'object' && 'claims' in outcome;
}

describe('the table of tokens', () => {
  it('has good and bad ones of each kind, and no name twice', () => {
    const names = JWS_CASES.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(JWS_CASES.filter(({ valid }) => valid).length).toBeGreaterThanOrEqual(40);
    expect(JWS_CASES.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(400);
  });

  it.each(JWS_CASES.filter(({ valid }) => valid).map((row) => [row.name, row] as const))(
    'accepts %s',
    (_, row) => {
      expect(accepts(row)).toBe(true);
    },
  );

  it.each(JWS_CASES.filter(({ valid }) => !valid).map((row) => [row.name, row] as const))(
    'refuses %s',
    (_, row) => {
      expect(accepts(row)).toBe(false);
    },
  );
});

describe('a token that brings its own key, or says where it is', () => {
  let connections = 0;
  const stranger = createServer((_req, res) => res.end('{}')).on('connection', () => {
    connections += 1;
  });
  beforeAll(() => new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve)));
  afterAll(() => void stranger.close());

  it('is refused, and nobody is asked', async () => {
    const { port } = stranger.address() as AddressInfo;
    const rows = selfKeyed(`http://127.0.0.1:${port}`);

    const accepted = rows.filter(accepts).map(({ name }) => name);
    // A connection that was begun would be there by now.
    await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } });

    expect(rows.length).toBeGreaterThanOrEqual(8);
    expect(accepted).toEqual([]);
    expect(connections).toBe(1);
  });
});
