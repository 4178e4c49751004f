import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { WAYS } from '../support/gateway.harness.js';
import { askOn } from '../support/http2.asker.js';
import { RawClient } from '../support/raw.client.js';
import { TlsModule } from '../support/tls.app.js';
import { connectTls } from '../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const PARTNERS = new CertificateAuthority('Partners');
const partner = PARTNERS.issue('A partner', { names: ['partner.example'] });
const ca = AUTHORITY.cert;

const files = new CertificateFiles();
for (const name of ['one', 'two']) {
  files.put(`certificates/${name}`, AUTHORITY.issue(name, { names: [`${name}.example`] }));
}
const { certFile, keyFile } = files.put('one', AUTHORITY.issue('one', { names: ['one.example'] }));

afterAll(() => files.remove());

describe.each(WAYS)('HTTP/2 over TLS, %s,', (way) => {
  const fixture = gatewayOf(TlsModule, {
    way,
    environment: {
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      TLS_CERT_DIR: files.at('certificates'),
      TLS_CLIENT_CA_FILE: files.write('clients.pem', PARTNERS.cert),
      TLS_CLIENT_AUTH: 'optional',
      HSTS_MAX_AGE_SECONDS: '60',
    },
  });
  const sessions: ClientHttp2Session[] = [];

  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });

  const open = (options: SecureClientSessionOptions = {}): ClientHttp2Session => {
    const session = connect(`https://one.example:${fixture.running.httpsPort}`, {
      host: '127.0.0.1',
      servername: 'one.example',
      ca,
      ...options,
    });
    session.on('error', () => {});
    sessions.push(session);
    return session;
  };

  it('is agreed on in the handshake, and the upstream is told of https', async () => {
    const session = open();

    const answer = await askOn(session, '/api/users/1');

    expect((session.socket as TLSSocket).alpnProtocol).toBe('h2');
    expect(answer.status).toBe(200);
    expect(fixture.upstream.last.headers).toMatchObject({
      via: '2.0 portcullis',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': String(fixture.running.httpsPort),
      'x-forwarded-for': '127.0.0.1',
    });
  });

  it.each([
    ['an answer of the upstream', '/api/1', 200],
    ['a refusal', '/private/1', 401],
    ['no route', '/nowhere', 404],
    ['a reserved path', '/health', 200],
    ['a path that is two things', '/api/a%2fb', 400],
  ])('carries Strict-Transport-Security: %s', async (_, path, status) => {
    const answer = await askOn(open(), path);

    expect([answer.status, answer.headers['strict-transport-security']]).toEqual([status, 'max-age=60']);
  });

  it('tells handlers who the client is by its certificate, and who has none', async () => {
    const known = await askOn(open({ cert: partner.cert, key: partner.key }), '/api/whoami');
    const unknown = await askOn(open(), '/api/whoami');

    expect(known.json()).toMatchObject({ certificate: { names: ['DNS:partner.example'] } });
    expect(unknown.json()).toEqual({ certificate: null });
  });

  it('is not spoken where the handshake agreed on HTTP/1.1', async () => {
    const socket = await connectTls(fixture.running.httpsPort, 'one.example', { ca });
    const client = new RawClient(socket).send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

    expect((await client.answer()).status).toBe(400);
    client.close();
  });

  it('[108] answers 421 to a request for the host of another certificate', async () => {
    const session = open();

    const own = await askOn(session, '/api/1', { headers: { Host: 'one.example' } });
    const other = await askOn(session, '/api/1', { headers: { Host: 'two.example' } });

    expect([own.status, other.status]).toEqual([200, 421]);
    expect(fixture.upstream.received).toHaveLength(1);
  });
});

describe('with HTTP/2 switched off', () => {
  const fixture = gatewayOf(TlsModule, {
    way: 'compiled',
    environment: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, HTTP2: 'off' },
  });

  it('is not offered in the handshake', async () => {
    const session = connect(`https://one.example:${fixture.running.httpsPort}`, {
      host: '127.0.0.1',
      servername: 'one.example',
      ca,
    });
    const failed = await new Promise((resolve) => session.on('error', resolve));

    expect(failed).toBeInstanceOf(Error);
  });
});
