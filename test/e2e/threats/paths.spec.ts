import { beforeEach, describe, expect, it } from 'vitest';
import { SEEN_PATHS } from '../../support/threats.app.js';
import { REFUSED, THREAT_WAYS, threatsOf } from '../../support/threats.fixture.js';
import { bearer } from '../../support/tokens.js';

describe.each(THREAT_WAYS)('paths, %s', (way) => {
  const threats = threatsOf(way);
  /** Rows about what only code can say. */
  const ofCode = it.skipIf(way === 'declared');

  beforeEach(() => {
    SEEN_PATHS.length = 0;
  });

  const get = (target: string, fields = ''): string =>
    `GET ${target} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`;
  const authorized = (target: string): string => get(target, `Authorization: ${bearer().Authorization}\r\n`);

  it.each([
    '/api/../admin',
    '/api/./../admin',
    '/api/..',
    '/api/../',
    '/api/x/../../admin',
    '/api/%2e%2e/admin',
    '/api/%2E%2E/admin',
    '/api/.%2e/admin',
    '/api/%2e./admin',
    '/api/%2e/x',
    '/../admin',
    '/./admin',
    '/admin/.',
    '/admin/./x',
  ])('[22] refuses dot segments that could climb out of a public prefix: %s', async (target) => {
    expect(await threats.refuse(get(target))).toEqual(REFUSED);
  });

  it.each(['/api../admin', '/api..', '/api.', '/ap%69../admin', '/apiadmin', '/api%20/admin', '/api;/admin'])(
    '[22] takes nothing for a public prefix that only starts like one: %s',
    async (target) => {
      const answer = await threats.send(get(target));

      expect(answer.status).toBe(404);
      expect(await threats.forwarded()).toBe('');
    },
  );

  it.each([
    ['/api/..x', '/public/..x'],
    ['/api/...', '/public/...'],
    ['/api/.hidden', '/public/.hidden'],
    ['/api/x..', '/public/x..'],
    ['/api/admin', '/public/admin'],
    ['/api', '/public'],
    ['/api/', '/public/'],
  ])('[22] keeps %s below the prefix of the upstream', async (target, forwarded) => {
    const answer = await threats.send(get(target));

    expect(answer.status).toBe(200);
    expect((await threats.only()).target).toBe(forwarded);
  });

  it.each([
    ['an escaped slash', '/api%2fadmin'],
    ['an escaped slash in capitals', '/api/x%2Fy'],
    ['an escaped climb', '/api%2f..%2fadmin'],
    ['an escaped slash below the protected prefix', '/admin%2fx'],
    ['an escaped backslash', '/api/..%5cadmin'],
    ['an escaped backslash in capitals', '/api/x%5Cy'],
    ['a backslash', '/api\\..\\admin'],
    ['a backslash for a slash', '/api/x\\y'],
    ['an escaped NUL', '/api/x%00'],
    ['an escaped NUL in the middle', '/admin%00.html'],
    ['an overlong slash', '/api/..%c0%afadmin'],
    ['an overlong dot', '/api/%c0%ae%c0%ae/admin'],
    ['an overlong slash of three bytes', '/api/..%e0%80%afadmin'],
    ['a lone surrogate', '/api/%ed%a0%80'],
    ['an escape beyond Unicode', '/api/%f4%90%80%80'],
    ['a wide escape', '/api/%u002fadmin'],
    ['half an escape', '/api/x%2'],
    ['a percent sign alone', '/api/x%'],
    ['an escape that is no number', '/api/%zz'],
    ['a raw byte beyond ASCII', '/api/\xe9'],
    ['raw UTF-8', '/api/\xc3\xa9'],
    ['a raw overlong slash', '/api/..\xc0\xafadmin'],
    ['a fragment', '/api/x#/../admin'],
    ['a fragment behind a query', '/api/x?a#b'],
    ['a quote', '/api/x"y'],
    ['angle brackets', '/api/<x>'],
    ['a brace', '/api/{x}'],
    ['a pipe', '/api/x|y'],
    ['a caret', '/api/x^y'],
    ['a backtick', '/api/x`y'],
    ['a tab', '/api/x\ty'],
    ['a second blank', '/api/x y'],
  ])('[24] refuses a path that two readers could read in two ways: %s', async (_, target) => {
    expect(await threats.refuse(get(target))).toEqual(REFUSED);
  });

  it.each([
    ['a question mark', '/api/x%3fadmin', '/public/x%3fadmin'],
    ['a number sign', '/api/x%23y', '/public/x%23y'],
    ['a semicolon', '/api/x%3by=1', '/public/x%3by=1'],
    ['a blank', '/api/x%20y', '/public/x%20y'],
    ['UTF-8', '/api/%c3%a9', '/public/%c3%a9'],
    ['an escaped percent sign', '/api/%25', '/public/%25'],
  ])('[24] never decodes %s for the upstream', async (_, target, forwarded) => {
    const answer = await threats.send(get(target));

    expect(answer.status).toBe(200);
    expect((await threats.only()).target.toLowerCase()).toBe(forwarded);
  });

  it.each([
    '/admin%3fx',
    '/admin%23x',
    '/admin%3bx',
    '/admin%20',
    '/admin%09',
    '/admin%2e',
    '/admin.',
    '/admin%c2%a0',
  ])('[24] takes no decoded character for an end of the protected path: %s', async (target) => {
    const open = await threats.send(get(target));
    const known = await threats.send(authorized(target));

    expect([open.status, known.status]).toEqual([404, 404]);
    expect(await threats.forwarded()).toBe('');
  });

  it.each(['/%61dmin', '/%61%64%6d%69%6e', '/adm%69n/x', '/%61dmin/', '/%61dmin?x=1', '/admin/%78'])(
    '[25] decides about %s as about the path that it means',
    async (target) => {
      const open = await threats.send(get(target));
      const nothing = await threats.forwarded();
      const known = await threats.send(authorized(target));

      const request = await threats.only();
      expect(open.status).toBe(401);
      expect(nothing).toBe('');
      expect(known.status).toBe(200);
      expect(request.target).toMatch(/^\/admin(\/x?)?(\?x=1)?$/);
    },
  );

  it('[25] matches an escaped public path as the path that it means, too', async () => {
    const answer = await threats.send(get('/%61p%69/%78'));

    expect(answer.status).toBe(200);
    expect((await threats.only()).target).toBe('/public/x');
  });

  it.each([
    '//admin',
    '///admin',
    '/admin//',
    '/admin//x',
    '//api/x',
    '/api//x',
    '/api//admin',
    '/api//../admin',
    '//',
  ])('[26] refuses empty segments, which some upstreams merge: %s', async (target) => {
    expect(await threats.refuse(get(target))).toEqual(REFUSED);
  });

  it.each([
    '/admin;x=1',
    '/;/admin',
    '/;x/admin',
    '/admin;',
    '/admin;/',
    '/admin;jsessionid=1/x',
    '/admin%3b',
    '/;admin',
  ])(
    '[26] asks for the same credentials with a semicolon as without, or has no such route: %s',
    async (target) => {
      const open = await threats.send(get(target));
      const known = await threats.send(authorized(target));

      expect([open.status, known.status]).toEqual([404, 404]);
      expect(await threats.forwarded()).toBe('');
    },
  );

  it.each([
    '/admin/',
    '/admin/x',
    '/admin/x/',
    '/admin?',
    '/admin?a=/../api',
    '/admin/;x',
    '/admin/;/',
    '/admin/api/x',
    '/admin/..x',
  ])('[26] asks for credentials at %s as at the prefix itself', async (target) => {
    const answer = await threats.send(get(target));

    expect(answer.status).toBe(401);
    expect(await threats.forwarded()).toBe('');
  });

  it.each(['/Admin', '/ADMIN', '/aDmin/x', '/%41dmin', '/Api/x', '/API'])(
    '[28] tells upper from lower case by one rule for route, credentials and limit: %s is no route',
    async (target) => {
      const open = await threats.send(get(target));
      const known = await threats.send(authorized(target));

      expect([open.status, known.status]).toEqual([404, 404]);
      expect(await threats.forwarded()).toBe('');
      expect(SEEN_PATHS).toEqual([]);
    },
  );

  ofCode('[28] counts the spellings of one path together', async () => {
    const targets = [
      '/shaped/limited/a',
      '/shaped/limited/%61',
      '/shaped/limited/a/',
      '/shaped/limit%65d/a?x=1',
      '/shaped/limited/b',
    ];

    const statuses = [];
    for (const target of targets) statuses.push((await threats.send(get(target))).status);

    expect(statuses).toEqual([200, 200, 429, 429, 429]);
  });

  it.each([
    '/..;/admin',
    '/api/..;/admin',
    '/api/..;x=1/admin',
    '/api/%2e%2e;/admin',
    '/api/..%3b/admin',
    '/api/..%3B/admin',
    '/api/.;/x',
    '/api/x/..;a/..;b/admin',
    '/api/..;',
    '/admin;/../x',
  ])('[29] refuses a dot segment that carries parameters: %s', async (target) => {
    expect(await threats.refuse(get(target))).toEqual(REFUSED);
  });

  it.each(['/admin;/x', '/admin;a/b', '/a;/admin', '/api;/x', '/api;x=1/y'])(
    '[29] takes a parameter for a part of its segment: %s is no route of anybody',
    async (target) => {
      const answer = await threats.send(get(target));

      expect(answer.status).toBe(404);
      expect(await threats.forwarded()).toBe('');
    },
  );

  it('[29] forwards parameters below a public prefix as they came', async () => {
    await threats.send(get('/api/a;v=1/b;w'));

    expect((await threats.only()).target).toBe('/public/a;v=1/b;w');
  });

  it.each(['/%252e%252e/admin', '/%2561dmin', '/admin%252fx', '/%252fadmin', '/%255cadmin'])(
    '[30] decodes at most once: %s is no route',
    async (target) => {
      const open = await threats.send(get(target));
      const known = await threats.send(authorized(target));

      expect([open.status, known.status]).toEqual([404, 404]);
      expect(await threats.forwarded()).toBe('');
    },
  );

  it.each([
    ['/api/%252e%252e/admin', '/public/%252e%252e/admin'],
    ['/api/%252f', '/public/%252f'],
    ['/api/%2500', '/public/%2500'],
    ['/api/%25252e', '/public/%25252e'],
  ])('[30] leaves %s escaped as often as it was', async (target, forwarded) => {
    const answer = await threats.send(get(target));

    expect(answer.status).toBe(200);
    expect((await threats.only()).target).toBe(forwarded);
  });

  ofCode('[30] escapes what a handler puts into a template once more, not once less', async () => {
    await threats.send(get('/shaped/named/%252e%252e'));

    expect((await threats.only()).target).toBe('/things/%252e%252e?page=1');
  });

  it.each([
    ['another host', 'GET http://evil/admin HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['another host, a public path', 'GET http://evil/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['another port', 'GET http://gateway:81/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a user in front', 'GET http://gateway@evil/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a user in front of the same host', 'GET http://x@gateway/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['no host', 'GET http:///api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['an empty Host', 'GET http://gateway/api/x HTTP/1.1\r\nHost: \r\n\r\n'],
    ['no Host', 'GET http://gateway/api/x HTTP/1.1\r\n\r\n'],
    ['a longer host', 'GET http://gateway.evil/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['another scheme', 'GET ftp://gateway/api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
  ])('[32] refuses an absolute target that disagrees with Host: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  it('[32] judges an absolute target that agrees with Host by its path, and forwards that alone', async () => {
    const open = await threats.send('GET http://gateway/admin HTTP/1.1\r\nHost: gateway\r\n\r\n');
    const nothing = await threats.forwarded();
    const answer = await threats.send('GET http://gateway/api/x?a=1 HTTP/1.1\r\nHost: gateway\r\n\r\n');

    expect(open.status).toBe(401);
    expect(nothing).toBe('');
    expect(answer.status).toBe(200);
    expect((await threats.only()).target).toBe('/public/x?a=1');
  });

  it.each([
    ['dot segments', 'GET http://gateway/api/../admin HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['an escaped slash', 'GET http://gateway/api%2fadmin HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['a double slash', 'GET http://gateway//admin HTTP/1.1\r\nHost: gateway\r\n\r\n'],
  ])('[32] refuses in an absolute target what it refuses in a path: %s', async (_, bytes) => {
    expect(await threats.refuse(bytes)).toEqual(REFUSED);
  });

  ofCode.each(['/admin/%78', '/%61dmin/x', '/admin/x'])(
    '[33] gives every policy and the log one canonical path, whatever was sent: %s',
    async (target) => {
      const answer = await threats.send(authorized(target));

      const request = await threats.only();
      const [id] = answer.values('x-correlation-id');
      expect(SEEN_PATHS.map(({ policy }) => policy).sort()).toEqual(['authorize', 'rate-limit']);
      expect(new Set(SEEN_PATHS.map(({ path }) => path))).toEqual(new Set(['/admin/x']));
      await expect
        .poll(() => threats.running.lines().find((line) => line['correlationId'] === id))
        .toMatchObject({ path: '/admin/x', status: 200 });
      expect(request.target).toBe('/admin/x');
    },
  );

  it.each([
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: DELETE',
    'X-Method-Override: DELETE',
    'X_HTTP_Method_Override: DELETE',
  ])('[35] lets no header override the method: %s', async (field) => {
    const answer = await threats.send(get('/api/x', `${field}\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.method).toBe('GET');
    expect(request.fields.map(([, value]) => value)).not.toContain('DELETE');
  });

  it('[35] lets no parameter override the method', async () => {
    await threats.send(
      'POST /api/x?_method=DELETE HTTP/1.1\r\nHost: gateway\r\nContent-Length: 14\r\n\r\n_method=DELETE',
    );

    expect((await threats.only()).method).toBe('POST');
  });

  it.each(['get', 'Get', 'gET', 'FOO', 'G', 'GETT', 'GET\t', 'GE,T', '"GET"', 'X-GET'])(
    '[35] takes %s for no method that it knows',
    async (method) => {
      const outcome = await threats.refuse(`${method} /api/x HTTP/1.1\r\nHost: gateway\r\n\r\n`);

      expect(outcome).toEqual(REFUSED);
    },
  );

  ofCode('[35] takes a method of a route that has it only, also where a longer route has all', async () => {
    const answer = await threats.send(
      'DELETE /shaped/limited/a HTTP/1.1\r\nHost: gateway\r\nX-HTTP-Method-Override: GET\r\n\r\n',
    );

    expect(answer.status).toBe(405);
    expect(await threats.forwarded()).toBe('');
  });
});
