import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import passport from 'passport';
import { Strategy } from 'passport-jwt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Exchange } from '../../../../src/contracts/exchange.js';
import type { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { Principal } from '../../../../src/contracts/principal.js';
import type { JwtMethod } from '../../../../src/policies/authenticate/jwt/jwt.method.js';
import { JwtVerifier } from '../../../../src/policies/authenticate/jwt/jwt-verifier.js';
import { Refusal, unauthenticated } from '../../../../src/policies/authenticate/refusal.js';
import {
  bearer,
  exchangeWith,
  FakeClock,
  GOOD_CLAIMS,
  hmacToken,
  methodFor,
  NOW_SECONDS,
  pem,
  RSA,
  SECRET,
  signedToken,
  withClaims,
} from './test-tokens.js';

function refusalOf(method: JwtMethod, exchange: Exchange): GatewayError {
  const outcome = method.authenticate(exchange);
  if (outcome instanceof Refusal) return unauthenticated(outcome);
  throw new Error('The exchange was let through.');
}

function accepted(method: JwtMethod, exchange: Exchange): Principal {
  const outcome = method.authenticate(exchange);
  if (outcome instanceof Refusal) throw unauthenticated(outcome);
  if (outcome instanceof Promise) throw new Error('The method waits.');
  return outcome;
}

const countVerifications = () => vi.spyOn(JwtVerifier.prototype, 'verify');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('who the principal is', () => {
  it('names the subject, the scopes and the claims', () => {
    const principal = accepted(methodFor(), bearer(withClaims({})));

    expect(principal).toEqual({
      subject: 'user-1',
      scopes: new Set(['users:read', 'orders:read']),
      claims: GOOD_CLAIMS,
      method: 'jwt',
      consumer: undefined,
      credential: undefined,
    });
  });

  it.each([
    [{ scope: '  a   b ' }, ['a', 'b']],
    [{ scope: undefined, scp: ['a', 'b', 7] }, ['a', 'b']],
    [{ scope: undefined, scp: 'a b' }, ['a', 'b']],
    [{ scope: '' }, []],
    [{ scope: undefined }, []],
    [{ scope: { a: true } }, []],
  ])('reads the scopes of %j', (claims, scopes) => {
    const principal = accepted(methodFor(), bearer(withClaims(claims)));

    expect([...principal.scopes]).toEqual(scopes);
  });

  it('knows no subject when the token names none', () => {
    const principal = accepted(methodFor(), bearer(withClaims({ sub: undefined })));

    expect(principal.subject).toBeUndefined();
  });
});

describe('the challenge (RFC 6750)', () => {
  it('tells a request without a token how to authenticate, without an error code', () => {
    const error = refusalOf(methodFor(), exchangeWith(['Host', 'gateway']));

    expect(error).toMatchObject({
      code: 'unauthenticated',
      status: 401,
      policy: 'authenticate',
      headers: ['WWW-Authenticate', 'Bearer'],
    });
  });

  it('names the realm where one is configured', () => {
    const method = methodFor({ secret: SECRET, realm: 'orders' });

    const missing = refusalOf(method, exchangeWith([]));
    const bad = refusalOf(method, bearer('a.b'));

    expect(missing.headers[1]).toBe('Bearer realm="orders"');
    expect(bad.headers[1]).toBe(
      'Bearer realm="orders", error="invalid_token", error_description="The token is malformed."',
    );
  });

  it.each([
    ['expired', withClaims({ exp: NOW_SECONDS - 1 }), 'The token has expired.'],
    [
      'unsigned',
      `${withClaims({}).split('.').slice(0, 2).join('.')}.`,
      'The token signature does not verify.',
    ],
    ['of another algorithm', hmacToken({ alg: 'none' }, GOOD_CLAIMS), 'The token algorithm is not accepted.'],
  ])(
    'says what is wrong with a token that is %s, and nothing of its content',
    (_kind, token, description) => {
      const error = refusalOf(methodFor(), bearer(token));

      expect(error.headers).toEqual([
        'WWW-Authenticate',
        `Bearer error="invalid_token", error_description="${description}"`,
      ]);
      expect(error.detail).toBe(description);
      expect(JSON.stringify([error.message, error.headers, error.cause])).not.toContain(token.slice(-10));
    },
  );

  it('calls credentials of another scheme a missing token', () => {
    const error = refusalOf(methodFor(), exchangeWith(['authorization', 'Basic dXNlcjpwYXNz']));

    expect(error.headers[1]).toBe('Bearer');
  });
});

describe('where the token stands', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])('takes the scheme %s', (scheme) => {
    const exchange = exchangeWith(['AUTHORIZATION', `${scheme} ${withClaims({})}`]);

    expect(accepted(methodFor(), exchange).subject).toBe('user-1');
  });

  it.each(['Bearer', 'Bearer ', 'Bearer  ', 'Bearer a b.c.d', 'Bearer\tx.y.z', 'Bearertoken'])(
    'refuses the credentials %j',
    (credentials) => {
      expect(refusalOf(methodFor(), exchangeWith(['Authorization', credentials])).status).toBe(401);
    },
  );

  it.each([
    ['two good tokens', (token: string) => [token, token]],
    ['a good and a bad one', (token: string) => [token, 'x.y.z']],
  ])('refuses %s', (_kind, tokens) => {
    const fields = tokens(withClaims({})).flatMap((token) => ['Authorization', `Bearer ${token}`]);

    const error = refusalOf(methodFor(), exchangeWith(fields));

    expect(error.detail).toBe('The Authorization header was sent more than once.');
  });

  it('refuses two tokens in one header', () => {
    const token = withClaims({});

    expect(refusalOf(methodFor(), bearer(`${token}, Bearer ${token}`)).status).toBe(401);
  });

  it('refuses a token sent twice over a socket, though Node shows only the first', async () => {
    const method = methodFor();
    const seen: { status: number; shown: string | undefined }[] = [];
    const server = createServer((req: IncomingMessage, res: ServerResponse) => {
      const exchange = new Exchange(req, res, 'GET', '/', '', '127.0.0.1', 'id', 0, undefined);
      seen.push({ status: refusalOf(method, exchange).status, shown: req.headers.authorization });
      res.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const credentials = `Bearer ${withClaims({})}`;

    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${credentials}\r\nauthorization: ${credentials}\r\nConnection: close\r\n\r\n`,
    );
    await once(socket.resume(), 'close');
    server.close();

    expect(seen).toEqual([{ status: 401, shown: credentials }]);
  });

  it('looks neither into the query nor into a cookie', () => {
    const token = withClaims({});
    const req = {
      rawHeaders: ['Cookie', `access_token=${token}; Authorization=Bearer ${token}`],
      url: `/?access_token=${token}`,
      socket: {},
    } as unknown as IncomingMessage;
    const query = `?access_token=${token}`;
    const exchange = new Exchange(req, {} as ServerResponse, 'GET', '/', query, '::1', 'id', 0, undefined);

    expect(refusalOf(methodFor(), exchange).headers[1]).toBe('Bearer');
  });
});

describe('remembering', () => {
  it('verifies a token once, however many connections bring it', () => {
    const verify = countVerifications();
    const method = methodFor();
    const token = withClaims({});
    const socket = {};

    const principals = [bearer(token, socket), bearer(token, socket), bearer(token), bearer(token)].map(
      (exchange) => method.authenticate(exchange),
    );

    expect(verify).toHaveBeenCalledTimes(1);
    expect(new Set(principals).size).toBe(1);
  });

  it('never mixes up 10,000 tokens, nor takes one with a byte changed for another', () => {
    const method = methodFor();
    const socket = {};
    const tokens = Array.from({ length: 10_000 }, (_, i) => withClaims({ sub: String(10_000 + i) }));

    const first = tokens.map((token) => accepted(method, bearer(token, socket)).subject);
    const again = tokens.map((token) => accepted(method, bearer(token, socket)).subject);
    const changed = tokens.slice(0, 1_000).filter((token, i) => {
      const at = i % token.length;
      const other = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      return refusalOf(method, bearer(other, socket)).status !== 401;
    });

    expect(first).toEqual(tokens.map((_, i) => String(10_000 + i)));
    expect(again).toEqual(first);
    expect(changed).toEqual([]);
  });

  it('tells two clients on one connection apart', () => {
    const method = methodFor();
    const socket = {};
    const [one, two] = [withClaims({ sub: 'one' }), withClaims({ sub: 'two' })];

    const subjects = [one, two, one, two].map((token) => accepted(method, bearer(token, socket)).subject);

    expect(subjects).toEqual(['one', 'two', 'one', 'two']);
  });

  it.each([
    ['on the same connection', true],
    ['on another connection', false],
  ])('refuses a remembered token from exp on, %s', (_where, same) => {
    const clock = new FakeClock();
    const method = methodFor({ secret: SECRET }, clock);
    const socket = {};
    const token = withClaims({ exp: NOW_SECONDS + 60 });
    method.authenticate(bearer(token, socket));

    clock.nowMs = (NOW_SECONDS + 60) * 1_000 - 1;
    const before = accepted(method, bearer(token, same ? socket : {}));
    clock.nowMs += 1;
    const after = refusalOf(method, bearer(token, same ? socket : {}));

    expect(before.subject).toBe('user-1');
    expect(after.detail).toBe('The token has expired.');
  });

  it('refuses a remembered token when the clock is set back before nbf', () => {
    const clock = new FakeClock();
    const method = methodFor({ secret: SECRET }, clock);
    const socket = {};
    const token = withClaims({ nbf: NOW_SECONDS });
    method.authenticate(bearer(token, socket));

    clock.nowMs -= 1;
    const details = [socket, {}].map((where) => refusalOf(method, bearer(token, where)).detail);

    expect(details).toEqual(['The token is not valid yet.', 'The token is not valid yet.']);
  });

  it('shares nothing between methods with other rules, on one connection either', () => {
    const socket = {};
    const clock = new FakeClock();
    const ours = methodFor({ secret: SECRET, issuer: 'https://idp' }, clock);
    const theirs = methodFor({ secret: SECRET, issuer: 'https://other' }, clock);
    const exchange = bearer(withClaims({ iss: 'https://idp' }), socket);

    const taken = accepted(ours, exchange);
    const refused = refusalOf(theirs, exchange);

    expect(taken.subject).toBe('user-1');
    expect(refused.detail).toBe('The token issuer is not accepted.');
  });

  it('remembers no refusal as a success', () => {
    const method = methodFor();
    const socket = {};
    const bad = withClaims({ exp: NOW_SECONDS - 1 });

    const statuses = [1, 2, 3].map(() => refusalOf(method, bearer(bad, socket)).status);

    expect(statuses).toEqual([401, 401, 401]);
  });
});

describe('passport', () => {
  it('leaves the package’s own verifier in place for everybody else', () => {
    const seat = Strategy as unknown as { JwtVerifier: unknown };
    const packaged = seat.JwtVerifier;
    const during: unknown[] = [];
    vi.spyOn(JwtVerifier.prototype, 'verify').mockImplementation(() => {
      during.push(seat.JwtVerifier);
      return 'malformed';
    });

    refusalOf(methodFor(), bearer('a.b.c'));

    expect(during).toHaveLength(1);
    expect(during[0]).not.toBe(packaged);
    expect(seat.JwtVerifier).toBe(packaged);
  });

  it('puts the verifier back when ours throws, and passes the error on', () => {
    const seat = Strategy as unknown as { JwtVerifier: unknown };
    const packaged = seat.JwtVerifier;
    vi.spyOn(JwtVerifier.prototype, 'verify').mockImplementation(() => {
      throw new Error('broken');
    });

    expect(() => methodFor().authenticate(bearer('a.b.c'))).toThrow('broken');
    expect(seat.JwtVerifier).toBe(packaged);
  });

  it('registers nothing in the shared passport and writes nothing on the request', () => {
    const register = vi.spyOn(passport, 'use');
    const exchange = bearer(withClaims({}));
    const before = Object.keys(exchange.req);

    methodFor().authenticate(exchange);

    expect(register).not.toHaveBeenCalled();
    expect(Object.keys(exchange.req)).toEqual(before);
  });

  it('verifies with a public key all the way through', () => {
    const method = methodFor({ publicKey: pem(RSA.publicKey), audience: 'any' });

    expect(accepted(method, bearer(signedToken('RS256', RSA.privateKey))).subject).toBe('user-1');
  });
});
