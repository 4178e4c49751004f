import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/contracts/clock.js';
import { openJws, verifyJws } from '../../../../src/policies/authenticate/jwt/jws.js';
import { NO_JWT_SETTINGS } from '../../../../src/policies/authenticate/jwt/jwt.settings.js';
import { configureJwt, isProblems } from '../../../../src/policies/authenticate/jwt/jwt-configuration.js';
import { JwtVerifier } from '../../../../src/policies/authenticate/jwt/jwt-verifier.js';
import type { KeySet } from '../../../../src/policies/authenticate/jwt/key-set.js';
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

describe('the examples of the RFCs', () => {
  const PAYLOAD =
    'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

  it.each([
    [
      'RFC 7515, appendix A.1',
      {
        kty: 'oct',
        k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
      },
      `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
    ],
    [
      'RFC 7515, appendix A.3',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
      `eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
    ],
    [
      'RFC 8037, appendix A.4',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    ],
  ])('verify: %s', (_, jwks, token) => {
    const configuration = configureJwt({ jwks, audience: 'any' }, NO_JWT_SETTINGS);
    if (isProblems(configuration)) throw new Error(configuration.join('\n'));
    const opened = openJws(token);

    const key =
      typeof opened === 'string' ? opened : verifyJws(opened, configuration.issuers[0]?.keys as KeySet);

    expect(key).toBeTypeOf('object');
  });
});
