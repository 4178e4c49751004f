import { describe, expect, it } from 'vitest';
import { WAYS } from '../../support/gateway.harness.js';
import { type ForwardedRequest, THREAT_WAYS, threatsOf } from '../../support/threats.fixture.js';
import { bearer } from '../../support/tokens.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TOKEN = `Authorization: ${bearer().Authorization}\r\n`;

const get = (target: string, fields: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: gateway\r\n${fields}\r\n`;

/** Nothing that a client wrote with this word in it may be left. */
const words = (request: ForwardedRequest): string =>
  request.fields.map((field) => field.join(': ')).join('\n');

/** Names that only a gateway may write, as they are known from others too. */
const IDENTITY = [
  'X-Consumer-ID',
  'X-Consumer-Username',
  'X-Consumer-Custom-ID',
  'X-Consumer-Groups',
  'X-Credential-Identifier',
  'X-Credential-Username',
  'X-Authenticated-Scope',
  'X-Authenticated-UserId',
  'X-Authenticated-Groups',
  'X-Anonymous-Consumer',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'Remote-User',
  'X-Remote-User',
  'X-SSL-Client-CN',
  'SSL-Client-Cert',
  'Client-Cert',
  'Client-Cert-Chain',
];

describe.each(THREAT_WAYS)('header spoofing, %s', (way) => {
  const threats = threatsOf(way);
  /** Those of the prefixes that a Kong file has, too. */
  const served = (targets: readonly string[]): readonly string[] =>
    way === 'declared' ? targets.filter((target) => /^\/(api|admin)\//.test(target)) : targets;

  it.each([
    ['X-Forwarded-For', 'x-forwarded-for', ['127.0.0.1']],
    ['X-Forwarded-Proto', 'x-forwarded-proto', ['http']],
    ['X-Forwarded-Host', 'x-forwarded-host', ['gateway']],
    ['X-Forwarded-Port', 'x-forwarded-port', undefined],
    ['Via', 'via', ['1.1 portcullis']],
    ['Forwarded', 'forwarded', []],
    ['X-Forwarded', 'x-forwarded', []],
    ['X-Forwarded-Server', 'x-forwarded-server', []],
    ['X-Forwarded-Scheme', 'x-forwarded-scheme', []],
    ['X-Forwarded-User', 'x-forwarded-user', []],
    ['X-Forwarded-Ssl', 'x-forwarded-ssl', []],
    ['X-Real-IP', 'x-real-ip', []],
    ['X-Client-IP', 'x-client-ip', []],
    ['X-Cluster-Client-IP', 'x-cluster-client-ip', []],
    ['True-Client-IP', 'true-client-ip', []],
    ['CF-Connecting-IP', 'cf-connecting-ip', []],
    ['Fastly-Client-IP', 'fastly-client-ip', []],
    ['Front-End-Https', 'front-end-https', []],
  ])('[36] replaces %s of a peer that is not trusted, or takes it out', async (name, field, values) => {
    const answer = await threats.send(get('/api/x', `${name}: forged\r\n${name}: forged, forged\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    // Kong tells upstreams the client's address once more.
    const own = field === 'x-real-ip' && way === 'declared' ? ['127.0.0.1'] : values;
    expect(request.values(field)).toEqual(own ?? [String(threats.running.port)]);
    expect(words(request)).not.toContain('forged');
  });

  it('[36] counts and logs the address of the peer, whatever it claims', async () => {
    const id = `claims-${way}`;
    await threats.send(
      get(
        '/api/x',
        `X-Correlation-ID: ${id}\r\nX-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n`,
      ),
    );

    await expect
      .poll(() => threats.running.lines().find((line) => line['correlationId'] === id))
      .toMatchObject({ client: '127.0.0.1' });
  });

  it.each(served(['/api/x', '/legacy/x']))(
    '[37] lets no Connection take away what the gateway writes: %s',
    async (target) => {
      const ours = [
        'X-Forwarded-For',
        'X-Forwarded-Proto',
        'X-Forwarded-Host',
        'X-Forwarded-Port',
        'Via',
        'X-Correlation-ID',
      ];

      const answer = await threats.send(get(target, `Connection: keep-alive, ${ours.join(', ')}\r\n`));

      const request = await threats.only();
      expect(answer.status).toBe(200);
      for (const name of ours) expect(request.values(name.toLowerCase())).toHaveLength(1);
      expect(request.values('x-forwarded-for')).toEqual(['127.0.0.1']);
    },
  );

  it.each(['Host', 'Content-Length', 'Transfer-Encoding', 'Authorization', 'Content-Type', 'Cookie'])(
    '[37] stays a well-formed request when Connection names %s',
    async (name) => {
      const answer = await threats.send(
        `POST /admin/x HTTP/1.1\r\nHost: gateway\r\n${TOKEN}Connection: ${name}\r\nCookie: a=1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nab`,
      );

      const request = await threats.only();
      expect(answer.status).toBe(200);
      expect(request.body).toBe('ab');
      expect(request.values('host')).toEqual([new URL(threats.upstream.url).host]);
    },
  );

  it('[37] decides about credentials before Connection can take them away', async () => {
    const known = await threats.send(get('/admin/x', `${TOKEN}Connection: Authorization\r\n`));
    const open = await threats.send(get('/admin/x', 'Connection: Authorization\r\n'));

    const request = await threats.only();
    expect([known.status, open.status]).toEqual([200, 401]);
    expect(request.values('authorization')).toEqual([]);
  });

  it.each([
    'Keep-Alive: timeout=hop',
    'TE: trailers;hop',
    'Trailer: X-Hop',
    'Proxy-Authorization: Basic hop',
    'Proxy-Authenticate: Basic realm=hop',
    'Proxy-Connection: keep-alive;hop',
    'Upgrade: hop/1',
    'HTTP2-Settings: hop',
    'Connection: hop',
  ])('[38] forwards no request field that was meant for this hop: %s', async (field) => {
    const answer = await threats.send(get('/api/x', `${field}\r\nX-End: end\r\n`));

    const request = await threats.only();
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    expect(answer.status).toBe(200);
    expect(request.values(name)).toEqual([]);
    expect(request.values('x-end')).toEqual(['end']);
    expect(words(request)).not.toContain('hop');
  });

  it.each([
    'Connection: X-Hop',
    'Connection: keep-alive, X-Hop',
    'Connection: close,X-Hop',
    'Connection: keep-alive\r\nConnection: x-hop',
    'connection: X-HOP ,',
    'Connection: , ,X-Hop',
    'Connection: "x", X-Hop',
    'Connection:\tX-Hop',
  ])('[38] forwards no request field that Connection names: %s', async (field) => {
    const answer = await threats.send(get('/api/x', `X-Hop: a\r\n${field}\r\nx-hop: b\r\nX-End: end\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.values('x-hop')).toEqual([]);
    expect(request.values('connection')).toEqual([]);
    expect(request.values('x-end')).toEqual(['end']);
  });

  it.each(served(['/api/x', '/filtered/x', '/shaped/named/x', '/legacy/x']))(
    '[38] passes no answer field that was meant for this hop: %s',
    async (target) => {
      threats.upstream.respond = () =>
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive, X-Hop\r\nX-Hop: hop\r\n' +
        'Keep-Alive: timeout=77\r\nProxy-Connection: hop\r\nTE: hop\r\nTrailer: X-Hop\r\nUpgrade: hop/1\r\nX-End: end\r\n\r\n{}';

      const answer = await threats.send(get(target, ''));

      const all = answer.fields.map((field) => field.join(': ')).join('\n');
      expect(answer.status).toBe(200);
      expect(all).not.toContain('hop');
      expect(all).not.toContain('X-Hop');
      expect(answer.values('keep-alive')).not.toContain('timeout=77');
      for (const name of ['proxy-connection', 'te', 'trailer', 'upgrade'])
        expect(answer.values(name)).toEqual([]);
      expect(answer.values('x-end')).toEqual(['end']);
    },
  );

  it.each(served(['/api/x', '/admin/x', '/shaped/named/x', '/filtered/x', '/legacy/x']))(
    '[39] takes every identity header of a client out at %s',
    async (target) => {
      const forged = IDENTITY.map((name) => `${name}: forged\r\n${name.toLowerCase()}: forged\r\n`).join('');

      const token = target.startsWith('/admin') ? TOKEN : '';
      const answer = await threats.send(get(target, token + forged));

      const request = await threats.only();
      expect(answer.status).toBe(200);
      expect(words(request)).not.toContain('forged');
    },
  );

  it.each(
    [
      'X_Forwarded_For',
      'X_Forwarded-For',
      'X-Forwarded_For',
      'x_forwarded_proto',
      'X_Forwarded_Host',
      'X_Real_IP',
      'X_Consumer_Id',
      'X_Consumer-Username',
      'X-Consumer_Groups',
      'X_Credential_Identifier',
      'X_Authenticated_Scope',
      'REMOTE_USER',
      'X_SSL_Client_CN',
      'X_Correlation_ID',
      'X_Envoy_Original_Path',
      'X_Original_URL',
      'Content_Length',
      'Transfer_Encoding',
      'Proxy_Authorization',
      'Keep_Alive',
      '_X_Consumer_Id',
    ].filter((name) => name !== '_X_Consumer_Id'),
  )('[40] drops the twin of a guarded name: %s', async (name) => {
    const answer = await threats.send(get('/api/x', `${name}: forged\r\nX_Own_Name: kept\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(words(request)).not.toContain('forged');
    expect(request.values('x_own_name')).toEqual(['kept']);
  });

  it.each([
    ['10 KB', 'a'.repeat(10_240)],
    ['129 characters', 'a'.repeat(129)],
    ['nothing', ''],
    ['JSON', '"}{'],
    ['a blank', 'a b'],
    ['a slash', 'a/b'],
    ['a template', '$' + '{jndi:ldap://x}'],
    ['a tab', 'a\tb'],
    ['latin1', 'a\xe9b'],
    ['C1 escape', 'a\x9b31mb'],
    ['markup', '<script>'],
    ['percent', '%0d%0a'],
    ['a comma', 'a,b'],
  ])('[42] replaces a correlation id that is not plain: %s', async (_, id) => {
    const answer = await threats.send(get('/api/x', `X-Correlation-ID: ${id}\r\n`));

    const request = await threats.only();
    const [written] = request.values('x-correlation-id');
    expect(answer.status).toBe(200);
    expect(request.values('x-correlation-id')).toHaveLength(1);
    expect(written).toMatch(UUID);
    expect(answer.values('x-correlation-id')).toEqual([written]);
  });

  it.each([
    ['ANSI escapes', 'X-Correlation-ID: \x1b[31mred\r\n'],
    ['a line break', 'X-Correlation-ID: a\nb\r\n'],
    ['a carriage return', 'X-Correlation-ID: a\rb\r\n'],
    ['a NUL', 'X-Correlation-ID: a\0b\r\n'],
  ])('[42] refuses a correlation id that no field may carry: %s', async (_, field) => {
    const outcome = await threats.refuse(get('/api/x', field));

    expect(outcome).toEqual({ statuses: [400], closed: true, forwarded: '' });
  });

  it('[42] replaces an id that was sent twice, even when both agree', async () => {
    await threats.send(get('/api/x', 'X-Correlation-ID: one\r\nX-Correlation-ID: one\r\n'));

    const request = await threats.only();
    expect(request.values('x-correlation-id')).toHaveLength(1);
    expect(request.values('x-correlation-id')[0]).toMatch(UUID);
  });

  it.each(['a', 'A.b_c-1', 'z'.repeat(128)])('[42] keeps an id that is plain: %s', async (id) => {
    const answer = await threats.send(get('/api/x', `X-Correlation-ID: ${id}\r\n`));

    expect((await threats.only()).values('x-correlation-id')).toEqual([id]);
    expect(answer.values('x-correlation-id')).toEqual([id]);
  });

  it('[42] writes its own id on an answer over one that the upstream sends', async () => {
    threats.upstream.respond = () =>
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Correlation-ID: other\r\nx-correlation-id: <b>\r\n\r\n{}';

    const answer = await threats.send(get('/api/x', 'X-Correlation-ID: mine\r\n'));

    expect(answer.values('x-correlation-id')).toEqual(['mine']);
  });

  it.each([
    'X-Gateway-Route',
    'X-Gateway-Upstream',
    'X-Original-URL',
    'X-Original-URI',
    'X-Original-Host',
    'X-Rewrite-URL',
    'X-Envoy-Original-Path',
    'X-Envoy-Internal',
    'X-Envoy-Retry-On',
    'X-Envoy-Expected-Rq-Timeout-Ms',
    'X-Accel-Redirect',
    'X-Accel-Internal',
    'Proxy',
  ])('[43] takes control headers of a client out: %s', async (name) => {
    const answer = await threats.send(get('/api/x', `${name}: /admin\r\n${name.toLowerCase()}: /admin\r\n`));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.target).toBe('/public/x');
    expect(words(request)).not.toContain('/admin');
  });

  it.each([
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X-Forwarded-Prefix: /admin',
    'X-Forwarded-Uri: /admin',
  ])('[43] routes by the request line alone: %s', async (field) => {
    const hidden = await threats.send(get('/nowhere', `${field}\r\n`));
    const open = await threats.send(get('/admin/x', `${field.replace('/admin', '/api/x')}\r\n`));

    expect([hidden.status, open.status]).toEqual([404, 401]);
    expect(await threats.forwarded()).toBe('');
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/app'])(
    '[44] never builds a Location out of X-Forwarded-Prefix: %s',
    async (prefix) => {
      threats.upstream.respond = () =>
        'HTTP/1.1 302 Found\r\nLocation: /login?next=/x\r\nContent-Length: 0\r\n\r\n';

      const answer = await threats.send(
        get(
          '/api/x',
          `X-Forwarded-Prefix: ${prefix}\r\nX-Forwarded-Host: evil.example\r\nX_Forwarded_Prefix: ${prefix}\r\n`,
        ),
      );

      const request = await threats.only();
      expect(answer.status).toBe(302);
      expect(answer.values('location')).toEqual(['/login?next=/x']);
      expect(request.values('x-forwarded-prefix')).toEqual(way === 'declared' ? ['/api/'] : []);
      expect(words(request)).not.toContain('evil');
    },
  );

  it('[44] answers with no redirect of its own', async () => {
    const fields = 'X-Forwarded-Prefix: //evil.example\r\n';

    const answers = [
      await threats.send(get('/api', fields)),
      await threats.send(get('/admin', fields)),
      await threats.send(get('/nowhere', fields)),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
    for (const answer of answers) expect(answer.values('location')).toEqual([]);
  });
});

describe.each(WAYS)('header spoofing behind a trusted proxy, %s', (way) => {
  const threats = threatsOf(way, { TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8, 2001:db8:1::/48' });

  it.each([
    ['one hop', 'X-Forwarded-For: 203.0.113.9\r\n', '203.0.113.9'],
    ['a claim on the left', 'X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n', '203.0.113.9'],
    [
      'trusted hops on the right',
      'X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.2.3, 127.0.0.2\r\n',
      '203.0.113.9',
    ],
    ['two fields', 'X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n', '203.0.113.9'],
    [
      'two fields, trusted on the right',
      'X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.1.2.3\r\n',
      '203.0.113.9',
    ],
    ['a trusted address that a client claims', 'X-Forwarded-For: 10.9.9.9, 203.0.113.9\r\n', '203.0.113.9'],
    ['IPv6', 'X-Forwarded-For: 2001:db8:2::1, 2001:db8:1::1\r\n', '2001:db8:2::1'],
    ['no header', '', '127.0.0.1'],
    ['Forwarded', 'Forwarded: for=198.51.100.1, for=203.0.113.9\r\n', '203.0.113.9'],
    [
      'Forwarded, trusted on the right',
      'Forwarded: for=203.0.113.9;proto=https, for=10.1.2.3\r\n',
      '203.0.113.9',
    ],
    ['Forwarded with IPv6 and a port', 'Forwarded: for="[2001:db8:2::1]:4711"\r\n', '2001:db8:2::1'],
  ])('[36] walks from the right to the first hop that is not trusted: %s', async (_, fields, address) => {
    const answer = await threats.send(get('/api/x', fields));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.values('x-forwarded-for')).toEqual([address]);
    expect(request.values('forwarded')).toEqual([]);
  });

  it.each([
    ['a word', 'X-Forwarded-For: 198.51.100.1, unknown\r\n'],
    ['markup', 'X-Forwarded-For: 198.51.100.1, <b>\r\n'],
    ['a number that is no address', 'X-Forwarded-For: 198.51.100.1, 999.1.1.1\r\n'],
    ['an octal address', 'X-Forwarded-For: 198.51.100.1, 0177.0.0.1\r\n'],
    ['an empty hop', 'X-Forwarded-For: 198.51.100.1,\r\n'],
    ['a hidden hop', 'Forwarded: for=198.51.100.1, for=_hidden\r\n'],
    ['an unknown hop', 'Forwarded: for=198.51.100.1, for=unknown\r\n'],
    ['a broken Forwarded', 'Forwarded: for=198.51.100.1, for="203.0.113.9\r\n'],
  ])('[36] believes nothing that stands left of a hop that is no address: %s', async (_, fields) => {
    const answer = await threats.send(get('/api/x', fields));

    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.values('x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(words(request)).not.toContain('198.51.100.1');
  });

  it('[36] takes identity and control headers of a trusted proxy out as those of anybody', async () => {
    const fields = 'X-Consumer-ID: forged\r\nX-Original-URL: /forged\r\nX-Real-IP: forged\r\n';

    await threats.send(get('/api/x', fields));

    expect(words(await threats.only())).not.toContain('forged');
  });
});
