import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayLifecycle } from '../../src/framework/gateway.lifecycle.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { Gate } from '../support/gate.js';
import {
  ask,
  type RunningGateway,
  type StartOptions,
  startGateway,
  WAYS,
} from '../support/gateway.harness.js';
import { sendRaw } from '../support/raw.client.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { TlsModule } from '../support/tls.app.js';
import { askTls, connectTls } from '../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const ca = AUTHORITY.cert;
const files = new CertificateFiles();
const { certFile, keyFile } = files.put('gateway', AUTHORITY.issue('gateway', { names: ['127.0.0.1'] }));

const GET = 'GET /api/1 HTTP/1.1\r\nHost: gateway.example\r\n\r\n';

let upstream: RecordingUpstream;
const running: RunningGateway[] = [];
const sockets: Socket[] = [];

async function start(environment: StartOptions['environment'] = {}, way?: StartOptions['way']) {
  const gateway = await startGateway(TlsModule, {
    way: way ?? 'compiled',
    environment: {
      UPSTREAM_URL: upstream.url,
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      ...environment,
    },
  });
  running.push(gateway);
  return gateway;
}

/** The status line of the answer to one request, on a connection that stays; `''` when it is closed instead. */
function statusOn(socket: Socket): Promise<string> {
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').slice(0, 12)));
    socket.once('close', () => resolve(''));
    socket.write(GET);
  });
}

const plain = (gateway: RunningGateway, localAddress = '127.0.0.1') =>
  statusOn(connectTcp({ port: gateway.port, host: '127.0.0.1', localAddress }));
const secure = (gateway: RunningGateway, localAddress = '127.0.0.1') =>
  statusOn(
    connect({
      socket: connectTcp({ port: gateway.httpsPort, host: '127.0.0.1', localAddress }),
      servername: '',
      ca,
      checkServerIdentity: () => undefined,
    }),
  );

const SERVED = 'HTTP/1.1 200';

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
});

beforeEach(() => {
  upstream.received.length = 0;
  upstream.respond = (_req, res) => res.end('ok');
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const gateway of running.splice(0)) await gateway.close();
});

afterAll(async () => {
  files.remove();
  await upstream.close();
});

describe('both traffic ports together', () => {
  it('have one limit of connections', async () => {
    const gateway = await start({ MAX_CONNECTIONS: '2' });

    const served = [await plain(gateway), await secure(gateway), await secure(gateway), await plain(gateway)];

    expect(served).toEqual([SERVED, SERVED, '', '']);
    const { text } = await ask(`${gateway.adminUrl}/metrics`);
    expect(text).toMatch(/portcullis_connections_refused_total\{[^}]*reason="total"[^}]*\} 2/);
  });

  it('have room again when a connection of either is over', async () => {
    const gateway = await start({ MAX_CONNECTIONS: '1' });
    await secure(gateway);

    sockets[0]?.destroy();

    await vi.waitFor(async () => expect(await plain(gateway)).toBe(SERVED));
  });

  it('have one limit for each address', async () => {
    const gateway = await start({ MAX_CONNECTIONS_PER_ADDRESS: '2' });

    const served = [
      await plain(gateway),
      await secure(gateway),
      await secure(gateway),
      await secure(gateway, '127.0.0.2'),
    ];

    expect(served).toEqual([SERVED, SERVED, '', SERVED]);
  });

  it('are both needed for readiness', async () => {
    const gateway = await start();
    const before = await ask(`${gateway.url}/health/ready`);

    await gateway.gateway.get(GatewayLifecycle, { strict: false }).tls?.close();
    const after = await ask(`${gateway.url}/health/ready`);

    expect([before.status, after.status]).toEqual([200, 503]);
  });
});

describe('a PROXY header in front of the handshake', () => {
  const environment = {
    PROXY_PROTOCOL: 'on',
    TRUSTED_PROXIES: '127.0.0.1',
    MAX_CONNECTIONS_PER_ADDRESS: '1',
  };

  async function announced(gateway: RunningGateway, client: string): Promise<string> {
    const raw = connectTcp(gateway.httpsPort, '127.0.0.1');
    sockets.push(raw);
    raw.on('error', () => {});
    raw.write(`PROXY TCP4 ${client} 192.0.2.80 40000 443\r\n`);
    return statusOn(connect({ socket: raw, servername: '', ca, checkServerIdentity: () => undefined }));
  }

  it('names the client, whose connections are counted', async () => {
    const gateway = await start(environment);

    const served = [
      await announced(gateway, '192.0.2.1'),
      await announced(gateway, '192.0.2.2'),
      await announced(gateway, '192.0.2.1'),
    ];

    expect(served).toEqual([SERVED, SERVED, '']);
    expect(upstream.received[0]?.headers).toMatchObject({
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
    });
  });

  it('must be there', async () => {
    const gateway = await start(environment);

    const outcome = await secure(gateway);

    expect(outcome).toBe('');
  });
});

describe.each(WAYS)('requests without TLS where it is wanted, on %s routes', (way) => {
  const environment = { HTTPS_REDIRECT: 'on', HTTPS_REDIRECT_PORT: '443', TRUSTED_PROXIES: '127.0.0.2' };

  it('are sent to https, with path and query', async () => {
    const gateway = await start(environment, way);

    const answer = await ask(`${gateway.url}/api/users/1?q=a%20b`, {
      headers: { Host: 'gateway.example:8080' },
    });
    const unknown = await ask(`${gateway.url}/nowhere`, { headers: { Host: 'gateway.example' } });

    expect([answer.status, answer.headers.location]).toEqual([
      308,
      'https://gateway.example/api/users/1?q=a%20b',
    ]);
    expect([unknown.status, unknown.headers.location]).toEqual([308, 'https://gateway.example/nowhere']);
    expect(upstream.received).toEqual([]);
  });

  it('are sent to the port of the gateway, with the status that is configured', async () => {
    const gateway = await start({ HTTPS_REDIRECT: '301' }, way);

    const answer = await ask(`${gateway.url}/api/1`, { headers: { Host: '[::1]:80' } });

    expect([answer.status, answer.headers.location]).toEqual([
      301,
      `https://[::1]:${gateway.httpsPort}/api/1`,
    ]);
  });

  it('are served where they ask for health, or came by TLS', async () => {
    const gateway = await start(environment, way);

    const health = await ask(`${gateway.url}/health/ready`);
    const secured = await askTls(gateway.httpsPort, '/api/1', { tls: { ca } });

    expect([health.status, secured.status]).toEqual([200, 200]);
  });

  it('are served where a trusted proxy received them by TLS, and nobody else may say so', async () => {
    const gateway = await start({ ...environment, TRUSTED_PROXIES: '127.0.0.1' }, way);
    const untrusting = await start({ HTTPS_REDIRECT: 'on' }, way);
    const headers = { 'X-Forwarded-Proto': 'https' };

    const believed = await ask(`${gateway.url}/api/1`, { headers });
    const forged = await ask(`${untrusting.url}/api/1`, { headers });

    expect([believed.status, forged.status]).toEqual([200, 308]);
  });

  it('are refused where they name no host to be sent to', async () => {
    const gateway = await start(environment, way);

    const answer = await sendRaw(gateway.port, 'GET /api/1 HTTP/1.0\r\n\r\n');

    expect(answer.status).toBe(400);
  });
});

describe.each(WAYS)('draining of the TLS port, on %s routes', (way) => {
  it('finishes what is in flight, closes what is idle, and takes no more', async () => {
    const gateway = await start({ DRAIN_MS: '10000' }, way);
    const arrived = new Gate<() => void>();
    upstream.respond = (req, res) => {
      if (req.url === '/api/long') arrived.open(() => res.end('finished'));
      else res.end('ok');
    };
    const idle: TLSSocket = await connectTls(gateway.httpsPort, undefined, { ca });
    await statusOn(idle);
    const long = askTls(gateway.httpsPort, '/api/long', { tls: { ca } });
    const finish = await arrived.opened;
    const halfOpen = connectTcp(gateway.httpsPort, '127.0.0.1');
    sockets.push(halfOpen);
    halfOpen.on('error', () => {});
    await once(halfOpen, 'connect');

    const drained = gateway.gateway.drain();
    await once(idle, 'close');
    finish();
    const answer = await long;
    await drained;
    const late = connectTls(gateway.httpsPort, undefined, { ca });

    expect(answer.text).toBe('finished');
    await expect(late).rejects.toThrow('ECONNREFUSED');
  });
});

it('a connection that was secured and says nothing more is closed by the headers timeout', async () => {
  const gateway = await start({ HEADERS_TIMEOUT_MS: '200' });

  const socket = await connectTls(gateway.httpsPort, undefined, { ca });
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');

  expect(text).toMatch(/^HTTP\/1\.1 408 /);
});
