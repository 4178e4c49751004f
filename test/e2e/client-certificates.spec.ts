import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { type RunningGateway, startGateway, WAYS } from '../support/gateway.harness.js';
import { TlsModule } from '../support/tls.app.js';
import { askTls, connectTls } from '../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const PARTNERS = new CertificateAuthority('Partners');
const STRANGERS = new CertificateAuthority('Strangers');
const ca = AUTHORITY.cert;
const partner = PARTNERS.issue('A partner', { names: ['partner.example'] });

const files = new CertificateFiles();
const { certFile, keyFile } = files.put(
  'gateway',
  AUTHORITY.issue('gateway', { names: ['gateway.example'] }),
);
const running: RunningGateway[] = [];
const sockets: Socket[] = [];

async function start(environment: Record<string, string> = {}, way?: (typeof WAYS)[number]) {
  const gateway = await startGateway(TlsModule, {
    way: way ?? 'compiled',
    environment: {
      UPSTREAM_URL: 'http://127.0.0.1:9',
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      TLS_CLIENT_CA_FILE: files.write('clients.pem', PARTNERS.cert),
      ...environment,
    },
  });
  running.push(gateway);
  return gateway;
}

/** Who the gateway says is there; fails where no connection comes about. */
async function whoami(gateway: RunningGateway, tls: ConnectionOptions): Promise<unknown> {
  const answer = await askTls(gateway.httpsPort, '/api/whoami', {
    host: 'gateway.example',
    tls: { ca, ...tls },
  });
  return (answer.json() as { certificate: unknown }).certificate;
}

const REQUEST = 'GET /api/whoami HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n';

/** One request, with the session that the gateway gave for the next connection. */
async function visit(
  gateway: RunningGateway,
  tls: ConnectionOptions,
): Promise<{ readonly text: string; readonly resumed: boolean; readonly session: Buffer | undefined }> {
  const socket: TLSSocket = await connectTls(gateway.httpsPort, 'gateway.example', { ca, ...tls });
  sockets.push(socket);
  // TLS 1.3 gives it behind the handshake, TLS 1.2 within.
  let session: Buffer | undefined = socket.getSession();
  let text = '';
  socket.on('session', (given: Buffer) => {
    session = given;
  });
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => {});
  const resumed = socket.isSessionReused();
  socket.write(REQUEST);
  await once(socket, 'close');
  return { text, resumed, session };
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const gateway of running.splice(0)) await gateway.close();
});

afterAll(() => files.remove());

describe.each(WAYS)('the certificate of a client, on %s routes', (way) => {
  it('is what handlers and policies read from the exchange', async () => {
    const gateway = await start({}, way);

    const certificate = await whoami(gateway, partner);

    expect(certificate).toEqual({
      subject: 'CN=A partner',
      issuer: 'CN=Partners',
      names: ['DNS:partner.example'],
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      serial: expect.stringMatching(/^[0-9A-F]+$/),
      validFrom: expect.any(String),
      validTo: expect.any(String),
    });
  });

  it('is not there where it is optional and none was shown, or none that holds', async () => {
    const gateway = await start({ TLS_CLIENT_AUTH: 'optional' }, way);

    const seen = [
      await whoami(gateway, {}),
      await whoami(gateway, STRANGERS.issue('A stranger')),
      await whoami(gateway, partner),
    ];

    expect(seen).toEqual([null, null, expect.objectContaining({ subject: 'CN=A partner' })]);
  });
});

describe('clients that must show a certificate', () => {
  it.each([
    ['none', {}],
    ['one of another authority', STRANGERS.issue('A stranger')],
    ['one that has expired', PARTNERS.issue('A former partner', { notAfter: new Date(Date.now() - 1_000) })],
    ['one that vouches for itself', CertificateAuthority.selfSigned('A partner')],
  ])('get no connection with %s', async (_which, shown) => {
    const gateway = await start();

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const asked = whoami(gateway, { ...shown, minVersion: version, maxVersion: version });
      await expect(asked).rejects.toThrow();
    }

    expect(gateway.lines().filter(({ event }) => event === 'request')).toEqual([]);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a resumed session of %s', (version) => {
  const tls = { minVersion: version, maxVersion: version };

  it('has the certificate it was made with', async () => {
    const gateway = await start();
    const first = await visit(gateway, { ...tls, ...partner });

    const second = await visit(gateway, { ...tls, ...partner, session: first.session });

    expect(second.resumed).toBe(true);
    expect(second.text).toContain('CN=A partner');
  });

  it('that was made without a certificate has none', async () => {
    const gateway = await start({ TLS_CLIENT_AUTH: 'optional' });
    const first = await visit(gateway, tls);

    const second = await visit(gateway, { ...tls, ...partner, session: first.session });

    expect(second.resumed).toBe(true);
    expect(second.text).toContain('{"certificate":null}');
  });

  it('ends with the authorities it was checked by', async () => {
    const gateway = await start();
    const first = await visit(gateway, { ...tls, ...partner });

    files.write('clients.pem', STRANGERS.cert);
    await gateway.logged('tls.certificates-reloaded', 1);
    const again = visit(gateway, { ...tls, ...partner, session: first.session }).then(({ text }) => text);

    expect(await again.catch(() => '')).toBe('');
    expect(await whoami(gateway, { ...tls, ...STRANGERS.issue('A stranger') })).toMatchObject({
      subject: 'CN=A stranger',
    });
  });

  it('does not outlive its certificate', async () => {
    const gateway = await start();
    const shortLived = PARTNERS.issue('A partner', { notAfter: new Date(Date.now() + 3_000) });
    const first = await visit(gateway, { ...tls, ...shortLived });
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] });

    const again = await visit(gateway, { ...tls, ...shortLived, session: first.session }).catch(
      () => undefined,
    );
    vi.useRealTimers();

    expect(first.text).toContain('CN=A partner');
    expect(again?.text ?? '').toBe('');
  });
});
