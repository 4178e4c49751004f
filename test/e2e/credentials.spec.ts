import { generateKeyPairSync } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { CertificateFiles } from '../support/certificate.files.js';
import { TEAM_SECRET } from '../support/credentials.app.js';
import { basicField, ca, credentialsOf, otherPartner, partner } from '../support/credentials.fixture.js';
import { WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { sendRaw } from '../support/raw.client.js';
import { bearer, token } from '../support/tokens.js';
import { openSocket, refusal } from '../support/websocket.client.js';

const files = new CertificateFiles();
const keyFile = files.write(
  'identity.pem',
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
);
afterAll(() => files.remove());

const SIGNING = { IDENTITY_KEY_FILE: keyFile, IDENTITY_ISSUER: 'https://gateway.test' };
const ALI = basicField('ali', 'open sesame');
const CHALLENGE = 'Basic realm="reports", charset="UTF-8"';

describe.each(WAYS)('credentials, %s', (way) => {
  const all = credentialsOf(way, SIGNING);

  describe('user name and password', () => {
    it('let a consumer in, and are kept from the upstream', async () => {
      const answer = await all.ask('/api/basic', { headers: ALI });

      expect(answer.status).toBe(200);
      expect(all.told('authorization')).toEqual([]);
      expect(all.told('x-consumer-id')).toEqual(['c-1']);
      expect(all.told('x-credential-identifier')).toEqual(['ali']);
    });

    it('count over HTTP/2 too', async () => {
      const session = all.http2();

      const known = await askOn(session, '/api/basic', { headers: ALI });
      const wrong = await askOn(session, '/api/basic', { headers: basicField('ali', 'x') });

      expect([known.status, wrong.status]).toEqual([200, 401]);
      expect(wrong.headers['www-authenticate']).toBe(CHALLENGE);
      expect(all.told('x-consumer-id')).toEqual(['c-1']);
    });

    it('open a WebSocket, and a wrong pair opens none', async () => {
      const { socket } = await openSocket(all.talking.port, '/api/basic', { headers: ALI });
      const refused = await refusal(all.talking.port, '/api/basic', { headers: basicField('ali', 'x') });

      socket.terminate();
      expect(all.echo.requests.map(({ headers }) => headers['x-consumer-username'])).toEqual(['Reports']);
      expect(all.echo.requests[0]?.headers).not.toHaveProperty('authorization');
      expect(refused).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } });
    });

    it.each([
      ['an unknown name', basicField('eve', 'open sesame').Authorization],
      ['a wrong password', basicField('ali', 'sesame').Authorization],
      ['no colon', `Basic ${Buffer.from('ali').toString('base64')}`],
      ['no base64', 'Basic ali:open sesame'],
      ['a control character', basicField('ali', 'open\tsesame').Authorization],
      ['a NUL', basicField('ali\0', 'open sesame').Authorization],
      ['invalid UTF-8', `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`],
      ['nothing behind the scheme', 'Basic'],
      ['12 KB', basicField('ali', 'x'.repeat(9_000)).Authorization],
    ])('answer 401 with %s, and nothing reaches the upstream', async (_, value) => {
      const answer = await all.ask('/api/basic', { headers: { Authorization: value } });

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(CHALLENGE);
      expect(answer.json()).toMatchObject({ code: 'unauthenticated' });
      expect(all.upstream.received).toHaveLength(0);
    });

    it('answer 401 when they were sent twice', async () => {
      const field = `Authorization: ${ALI.Authorization}\r\n`;

      const answer = await sendRaw(
        all.running.port,
        `GET /api/basic HTTP/1.1\r\nHost: gateway\r\n${field}${field}\r\n`,
      );

      expect([answer.status, answer.values('www-authenticate')]).toEqual([401, [CHALLENGE]]);
      expect(all.upstream.received).toHaveLength(0);
    });

    it('stand in no log line, known or wrong', async () => {
      await all.ask('/api/basic', { headers: ALI });
      await all.ask('/api/basic?canary', { headers: basicField('ali', 'a-canary-password') });
      await expect.poll(() => all.running.lines().some(({ status }) => status === 401)).toBe(true);

      const logged = JSON.stringify(all.running.lines());

      for (const secret of ['sesame', 'a-canary-password', ALI.Authorization.slice(6)]) {
        expect(logged).not.toContain(secret);
      }
    });

    it('are one of several ways in, and whoever shows bad ones is not anonymous', async () => {
      const asked = [ALI, bearer(), {}, basicField('ali', 'x'), { Authorization: 'Bearer x' }];

      const answers = [];
      for (const headers of asked) answers.push(await all.ask('/api/any', { headers }));

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401, 401]);
      expect(answers[3]?.rawHeaders.filter((name) => name.toLowerCase() === 'www-authenticate')).toHaveLength(
        2,
      );
      expect(
        all.upstream.received.map(({ headers }) => [
          headers['x-consumer-id'],
          headers['x-anonymous-consumer'],
          headers.authorization?.slice(0, 6),
        ]),
      ).toEqual([
        ['c-1', undefined, undefined],
        [undefined, undefined, 'Bearer'],
        ['guest', 'true', undefined],
      ]);
    });
  });

  describe('a client certificate', () => {
    it('lets its holder in over HTTP/1.1 and HTTP/2, request after request', async () => {
      const session = all.http2({ ...partner });

      const answers = [
        await all.askTls('/api/certificate', { tls: partner }),
        await askOn(session, '/api/certificate'),
        await askOn(session, '/api/certificate'),
      ];

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(all.upstream.received.map(({ headers }) => headers['x-partner'])).toEqual(
        Array.from({ length: 3 }, () => 'partner.example'),
      );
      expect(all.told('x-partner-issuer')).toEqual(['CN=Partners']);
    });

    it('opens a WebSocket over TLS', async () => {
      const options: ClientOptions & ConnectionOptions = {
        ca,
        servername: 'gateway.example',
        headers: { Host: 'gateway.example' },
        ...partner,
      };
      const url = `wss://127.0.0.1:${all.talking.httpsPort}/api/certificate`;
      const socket = new WebSocket(url, options);

      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });

      socket.terminate();
      expect(all.echo.requests[0]?.headers['x-partner']).toBe('partner.example');
    });

    it('is asked for with 401 where none was shown, with and without TLS', async () => {
      const answers = [
        await all.askTls('/api/certificate'),
        await all.ask('/api/certificate'),
        await askOn(all.http2(), '/api/certificate'),
      ];

      for (const answer of answers) {
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Certificate realm="gateway"');
      }
      expect(all.upstream.received).toHaveLength(0);
    });

    it('is refused where it does not name one subject, or belongs to no consumer', async () => {
      const ambiguous = await all.askTls('/api/certificate', { tls: otherPartner });
      const unregistered = await all.askTls('/api/consumer-certificate', { tls: otherPartner });
      const registered = await all.askTls('/api/consumer-certificate', { tls: partner });

      expect([ambiguous.status, unregistered.status, registered.status]).toEqual([401, 401, 200]);
      expect(all.told('x-consumer-custom-id')).toEqual(['crm-7']);
      expect(all.told('x-credential-identifier')).toEqual(['cert-1']);
    });

    it('is not what a client says it is', async () => {
      const answer = await all.ask('/api/certificate', {
        headers: { 'X-Forwarded-Client-Cert': 'Subject="CN=A partner"', 'Client-Cert': ':AAAA:' },
      });

      expect(answer.status).toBe(401);
    });
  });

  describe('a passport strategy', () => {
    it('says who is there, and its credential is kept from the upstream', async () => {
      const answer = await all.ask('/api/ticket', { headers: { 'X-Ticket': 'good' } });

      expect(answer.status).toBe(200);
      expect(['x-user', 'x-tenant-id', 'x-scopes'].map(all.told)).toEqual([
        ['ada'],
        ['north'],
        ['shows:see'],
      ]);
      expect([...all.told('x-ticket'), ...all.told('x-forged')]).toEqual([]);
    });

    it('does so over HTTP/2 and for a WebSocket', async () => {
      const answer = await askOn(all.http2(), '/api/ticket', { headers: { 'X-Ticket': 'good' } });
      const { socket } = await openSocket(all.talking.port, '/api/ticket', {
        headers: { 'X-Ticket': 'good', 'X-User': 'root' },
      });
      const refused = await refusal(all.talking.port, '/api/ticket');

      socket.terminate();
      expect(answer.status).toBe(200);
      expect(all.echo.requests.map(({ headers }) => headers['x-user'])).toEqual(['ada']);
      expect(refused.status).toBe(401);
    });

    it.each([
      ['none', {}, 401, 'Ticket realm="show"'],
      ['a bad one', { 'X-Ticket': 'bad' }, 401, 'Ticket realm="show", error="bad"'],
      ['one that leads to a login page', { 'X-Ticket': 'login' }, 401, 'ticket'],
      ['one that nobody can check now', { 'X-Ticket': 'down' }, 503, undefined],
    ])('refuses %s', async (_, headers, status, challenge) => {
      const answer = await all.ask('/api/ticket', { headers });

      expect(answer.status).toBe(status);
      expect(answer.headers['www-authenticate']).toBe(challenge);
      expect(answer.text).not.toContain('10.0.0.7');
      expect(answer.headers).not.toHaveProperty('location');
      expect(all.upstream.received).toHaveLength(0);
    });

    it("is passport-jwt with the team's own key, beside the gateway's own tokens", async () => {
      const team = (claims: object, secret = TEAM_SECRET) => ({
        Authorization: `Bearer ${token({ ...claims }, secret)}`,
      });
      const asked = [
        team({ team: 'blue' }),
        bearer({ team: 'blue' }),
        team({ team: 'none' }),
        team({ team: 'blue', exp: 1 }),
        {},
      ];

      const answers = [];
      for (const headers of asked) answers.push(await all.ask('/api/team-jwt', { headers }));
      const ours = await all.ask('/told/x', { headers: bearer() });
      const theirs = await all.ask('/told/x', { headers: team({}) });

      expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 401, 401]);
      expect(answers[4]?.headers['www-authenticate']).toBe('Bearer');
      expect([ours.status, theirs.status]).toEqual([200, 401]);
      expect(all.upstream.received[0]?.headers['x-team']).toBe('blue');
    });
  });

  it('open ordinary controllers by the guard as well', async () => {
    const asked = [ALI, { 'X-Ticket': 'good' }, basicField('ali', 'x')];

    const answers = [];
    for (const headers of asked) answers.push(await all.ask('/me', { headers }));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401]);
    expect(answers.slice(0, 2).map((answer) => answer.json())).toEqual([
      { subject: 'ali', method: 'basic' },
      { subject: 'ada', method: 'passport:ticket' },
    ]);
  });
});
