import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGateway } from '../../support/gateway.harness.js';
import { edited } from '../../support/threats.edits.js';
import { REFUSED, THREAT_WAYS, threatsOf } from '../../support/threats.fixture.js';

describe.each(THREAT_WAYS)('routing, %s', (way) => {
  const threats = threatsOf(way);
  /** Rows about what only code can say. */
  const ofCode = it.skipIf(way === 'declared');
  /** Listens where no upstream is configured: whoever dials it was sent there by a client. */
  let canary: Server;
  let dialed = 0;

  beforeAll(async () => {
    canary = createServer((socket) => {
      dialed++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  });

  beforeEach(() => {
    dialed = 0;
  });

  afterAll(() => {
    canary.close();
  });

  const elsewhere = (): string => `127.0.0.1:${(canary.address() as AddressInfo).port}`;

  it.each([
    ['a metadata service', 'http://169.254.169.254/'],
    ['another host', 'http://CANARY/'],
    ['another host with a public path', 'http://CANARY/api/x'],
    ['https', 'https://CANARY/api/x'],
    ['a user in front', 'http://gateway@CANARY/api/x'],
    ['a socket file', 'unix:/var/run/docker.sock|http://CANARY/'],
    ['a scheme in another', 'unix:a|http://CANARY/api/x'],
    ['a file', 'file:///etc/passwd'],
    ['gopher', 'gopher://CANARY/_x'],
    ['no scheme', '//CANARY/api/x'],
    ['an authority alone', 'CANARY'],
    ['a user and no slash', '@CANARY/api/x'],
    ['a user behind no slash', '.CANARY/api/x'],
    ['an asterisk', '*'],
    ['no slash', 'api/x'],
    ['a query alone', '?url=http://CANARY'],
    ['an escaped scheme', 'http%3a//CANARY/'],
    ['a backslash for a slash', '/\\CANARY/api/x'],
    ['an address in a path', '/api/http://CANARY/x'],
  ])('[76] refuses a target that names where to go: %s', async (_, target) => {
    const outcome = await threats.refuse(
      `GET ${target.replace('CANARY', elsewhere())} HTTP/1.1\r\nHost: gateway\r\n\r\n`,
    );

    expect(outcome).toEqual(REFUSED);
    expect(dialed).toBe(0);
  });

  it.each([
    ['behind an at sign', '/api/@CANARY/x'],
    ['in a query', '/api/x?url=http://CANARY/&host=CANARY'],
    ['in a template', '/shaped/named/@CANARY'],
    ['at a handler', '/shaped/named/CANARY'],
  ])('[76] goes to the configured upstream, whatever address a client writes %s', async (_, given) => {
    const target = way === 'declared' ? given.replace('/shaped/named/', '/api/') : given;
    const answer = await threats.send(
      `GET ${target.replaceAll('CANARY', elsewhere())} HTTP/1.1\r\nHost: gateway\r\n\r\n`,
    );

    expect(answer.status).toBe(200);
    expect(dialed).toBe(0);
    expect((await threats.only()).values('host')).toEqual([new URL(threats.upstream.url).host]);
  });

  it.each([
    ['a user', 'x@y'],
    ['a user and a password', 'a:b@gateway'],
    ['a path', 'gateway/admin'],
    ['a query', 'gateway?x'],
    ['a fragment', 'gateway#x'],
    ['a backslash', 'gateway\\x'],
    ['a scheme', 'http://gateway'],
    ['a list', 'gateway,evil'],
    ['a list with a blank', 'gateway, evil'],
    ['a blank', 'gateway evil'],
    ['a tab', 'gateway\tevil'],
    ['two ports', 'gateway:80:81'],
    ['a port that is no number', 'gateway:http'],
    ['a port beyond the last', 'gateway:65536'],
    ['a port with a sign', 'gateway:+80'],
    ['half a bracket', '[::1'],
    ['brackets around a name', '[gateway]'],
    ['a zone', '[fe80::1%25eth0]'],
    ['a bad address in brackets', '[::g]'],
    ['something behind a bracket', '[::1]x'],
    ['quotes', '"gateway"'],
    ['angle brackets', '<gateway>'],
    ['latin1', 'g\xe4teway'],
    ['a Unicode dot', 'gateway\xe3\x80\x82evil'],
    ['a bad escape', 'gate%way'],
    ['nothing', ''],
    ['a port alone', ':80'],
  ])('[77] refuses a Host that is no host: %s', async (_, host) => {
    expect(await threats.refuse(`GET /api/x HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toEqual(REFUSED);
  });

  it.each([
    ['two', 'Host: gateway\r\nHost: gateway\r\n'],
    ['two that differ', 'Host: gateway\r\nHost: evil\r\n'],
    ['two, one empty', 'Host: gateway\r\nHost: \r\n'],
    ['two spellings', 'Host: gateway\r\nhost: evil\r\n'],
    ['none', ''],
    ['one with a blank before its colon', 'Host : gateway\r\n'],
  ])('[77] refuses a request unless it has one Host: %s', async (_, fields) => {
    expect(await threats.refuse(`GET /api/x HTTP/1.1\r\n${fields}\r\n`)).toEqual(REFUSED);
  });

  it.each([
    'CANARY',
    '127.0.0.1:6379',
    'localhost',
    '169.254.169.254',
    '[::1]:6379',
    'evil.example',
    'admin',
  ])('[77] never goes where Host points: %s', async (host) => {
    const answer = await threats.send(
      `GET /api/x HTTP/1.1\r\nHost: ${host.replace('CANARY', elsewhere())}\r\n\r\n`,
    );

    const forwarded = await threats.forwarded();
    expect(dialed).toBe(0);
    if (answer.status >= 400) return expect(forwarded).toBe('');
    const request = await threats.only();
    expect(answer.status).toBe(200);
    expect(request.target).toBe('/public/x');
    expect(request.values('host')).toEqual([new URL(threats.upstream.url).host]);
  });

  it.each([
    ['an address', 'CONNECT CANARY HTTP/1.1\r\nHost: CANARY\r\n\r\n'],
    ['the gateway itself', 'CONNECT gateway:80 HTTP/1.1\r\nHost: gateway:80\r\n\r\n'],
    ['a path', 'CONNECT /api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'],
    ['an absolute target', 'CONNECT http://CANARY/ HTTP/1.1\r\nHost: CANARY\r\n\r\n'],
    ['a body', 'CONNECT CANARY HTTP/1.1\r\nHost: CANARY\r\nContent-Length: 2\r\n\r\nab'],
    ['bytes at once behind it', 'CONNECT CANARY HTTP/1.1\r\nHost: CANARY\r\n\r\nPING\r\n'],
    ['HTTP/1.0', 'CONNECT CANARY HTTP/1.0\r\n\r\n'],
  ])('[78] answers 405 to CONNECT and dials nobody: %s', async (_, bytes) => {
    const outcome = await threats.refuse(bytes.replaceAll('CANARY', elsewhere()));

    expect(outcome).toEqual({ statuses: [405], closed: true, forwarded: '' });
    expect(dialed).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])(
    '[79] passes a %i of an upstream on and never follows it',
    async (status) => {
      const location = `http://${elsewhere()}/latest/meta-data/`;
      threats.upstream.respond = () =>
        `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;

      const answers = [
        await threats.send('GET /api/x HTTP/1.1\r\nHost: gateway\r\n\r\n'),
        await threats.send(
          `GET /${way === 'declared' ? 'api' : 'filtered'}/x HTTP/1.1\r\nHost: gateway\r\n\r\n`,
        ),
      ];

      expect(answers.map((answer) => [answer.status, ...answer.values('location')])).toEqual([
        [status, location],
        [status, location],
      ]);
      expect(dialed).toBe(0);
    },
  );

  it.each([
    ['Refresh', 'Refresh: 0; url=http://CANARY/'],
    ['Content-Location', 'Content-Location: http://CANARY/'],
    ['Link', 'Link: <http://CANARY/>; rel=preload'],
    ['X-Accel-Redirect', 'X-Accel-Redirect: http://CANARY/'],
    ['Alt-Svc', 'Alt-Svc: h2="CANARY"'],
  ])('[79] goes nowhere that an answer points to: %s', async (_, field) => {
    threats.upstream.respond = () =>
      `HTTP/1.1 200 OK\r\n${field.replace('CANARY', elsewhere())}\r\nContent-Length: 0\r\n\r\n`;

    const answer = await threats.send('GET /api/x HTTP/1.1\r\nHost: gateway\r\n\r\n');

    expect(answer.status).toBe(200);
    expect(dialed).toBe(0);
  });

  ofCode.each(['GET', 'POST'])(
    '[83] connects to no address that dns.deny lists, whatever a name resolves to: %s',
    async (method) => {
      const before = threats.upstream.connections;

      const answer = await threats.send(
        `${method} /rebound/x HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n`,
      );

      expect(answer.status).toBe(502);
      expect(answer.json()).toMatchObject({ code: 'upstream-unreachable', upstream: 'rebound-service' });
      expect(answer.body.toString()).not.toMatch(/localhost|127\.0\.0\.1|::1/);
      expect(threats.upstream.connections).toBe(before);
      expect(await threats.forwarded()).toBe('');
    },
  );
});

describe('addresses of upstreams', () => {
  it.each([
    ['a NUL', 'http://good.example\0.evil'],
    ['an escaped NUL', 'http://good.example%00.evil'],
    ['an ideographic dot', 'http://good\u3002example'],
    ['a full-width dot', 'http://good\uff0eexample'],
    ['a half-width dot', 'http://good\uff61example'],
    ['letters beyond ASCII', 'http://b\u00fccher.example'],
    ['letters that look alike', 'http://ex\u0430mple.org'],
    ['a soft hyphen', 'http://good\u00ad.example'],
    ['an underscore', 'http://good_name'],
    ['a leading hyphen', 'http://-good'],
    ['an empty label', 'http://good..example'],
    ['an octal address', 'http://0177.0.0.1'],
    ['a short address', 'http://127.1'],
    ['a hexadecimal address', 'http://0x7f000001'],
    ['a whole number', 'http://2130706433'],
    ['a zone', 'http://[fe80::1%25eth0]'],
    ['a user', 'http://good@evil'],
    ['a password', 'http://good:secret@evil'],
    ['a backslash', 'http://good\\evil'],
    ['a blank', 'http://good evil'],
    ['a line break', 'http://good\nevil'],
    ['a path', 'http://good/evil'],
    ['a query', 'http://good?evil'],
    ['a fragment', 'http://good#evil'],
    ['a port of 0', 'http://good:0'],
    ['a port beyond the last', 'http://good:65536'],
    ['another scheme', 'unix:/var/run/x.sock'],
    ['no scheme', 'good:80'],
    ['a label of 64 letters', `http://${'a'.repeat(64)}`],
  ])('[82] do not boot unless they are plain ASCII: %s', async (_, url) => {
    const started = startGateway(edited({}), { environment: { UPSTREAM_URL: url } });

    await expect(started).rejects.toThrow(/UPSTREAM_URL/);
  });
});
