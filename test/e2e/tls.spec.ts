import { once } from 'node:events';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { gatewayOf } from '../support/gateway.fixture.js';
import { ask, WAYS } from '../support/gateway.harness.js';
import { TlsModule } from '../support/tls.app.js';
import { askTls, connectTls } from '../support/tls.client.js';
import { bearer } from '../support/tokens.js';

const AUTHORITY = new CertificateAuthority();
const files = new CertificateFiles();
const { certFile, keyFile } = files.put(
  'gateway',
  AUTHORITY.issue('gateway', { names: ['127.0.0.1', 'gateway.example'] }),
);
const ca = AUTHORITY.cert;

afterAll(() => files.remove());

describe.each(WAYS)('requests over TLS, on %s routes', (way) => {
  const fixture = gatewayOf(TlsModule, {
    way,
    environment: {
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      HSTS_MAX_AGE_SECONDS: '31536000',
      HSTS_INCLUDE_SUBDOMAINS: 'on',
      HEADERS_TIMEOUT_MS: '300',
    },
  });

  const askGateway = (path: string, options: Parameters<typeof askTls>[2] = {}) =>
    askTls(fixture.running.httpsPort, path, { tls: { ca }, ...options });

  it('are served, and the upstream is told of https and of the port', async () => {
    const answer = await askGateway('/api/users/1');

    const [received] = fixture.upstream.received;
    expect(answer.status).toBe(200);
    expect(received?.headers).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-port': String(fixture.running.httpsPort),
      'x-forwarded-for': '127.0.0.1',
    });
  });

  it('pass the same policies as those without', async () => {
    const refused = await askGateway('/private/users');
    const served = await askGateway('/private/users', { headers: bearer() });

    expect([refused.status, served.status]).toEqual([401, 200]);
  });

  it('stream bodies both ways', async () => {
    const body = Buffer.alloc(1_000_000, 'portcullis ');
    fixture.upstream.respond = (req, res) => res.end(req.body);

    const answer = await askGateway('/api/echo', { method: 'POST', body });

    expect(answer.body.equals(body)).toBe(true);
  });

  it('keep their connection', async () => {
    const socket = await connectTls(fixture.running.httpsPort, undefined, { ca });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });

    socket.write('GET /api/1 HTTP/1.1\r\nHost: gateway.example\r\n\r\n');
    await vi.waitFor(() => expect(text).toContain('Connection: keep-alive'));
    socket.write('GET /api/2 HTTP/1.1\r\nHost: gateway.example\r\n\r\n');

    await vi.waitFor(() => expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2));
    socket.destroy();
  });

  it.each([
    ['an answer of the upstream', '/api/1', {}, 200],
    ['a refusal', '/private/1', {}, 401],
    ['no route', '/nowhere', {}, 404],
    ['a reserved path', '/health', {}, 200],
    ['a request that cannot be read', '/api/a%2fb', {}, 400],
  ])('carry Strict-Transport-Security once: %s', async (_name, path, headers, status) => {
    fixture.upstream.respond = (_req, res) => {
      res.setHeader('Strict-Transport-Security', 'max-age=0');
      res.end('{}');
    };

    const answer = await askGateway(path, { headers });

    const fields = answer.rawHeaders.filter(
      (_, i) => answer.rawHeaders[i - 1]?.toLowerCase() === 'strict-transport-security',
    );
    expect([answer.status, fields]).toEqual([status, ['max-age=31536000; includeSubDomains']]);
  });

  it('carry Strict-Transport-Security when they are not even a request', async () => {
    const socket = await connectTls(fixture.running.httpsPort, undefined, { ca });

    socket.write('NONSENSE\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];

    expect(chunk.toString()).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n/,
    );
    socket.destroy();
  });

  it('without TLS carry no Strict-Transport-Security', async () => {
    const answer = await ask(`${fixture.running.url}/nowhere`);

    expect(answer.headers).not.toHaveProperty('strict-transport-security');
  });

  it('have the headers timeout, from the end of the handshake', async () => {
    const socket = await connectTls(fixture.running.httpsPort, undefined, { ca });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });

    socket.write('GET /api/1 HT');
    await once(socket, 'close');

    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('whose clients leave are over', async () => {
    fixture.upstream.respond = () => {};
    const socket = await connectTls(fixture.running.httpsPort, undefined, { ca });

    socket.write('GET /api/left HTTP/1.1\r\nHost: gateway.example\r\n\r\n');
    await vi.waitFor(() => expect(fixture.upstream.received).toHaveLength(1));
    socket.destroy();

    await vi.waitFor(() =>
      expect(fixture.running.lines()).toContainEqual(
        expect.objectContaining({ path: '/api/left', status: 499 }),
      ),
    );
  });
});
