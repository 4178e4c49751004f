import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TlsListener } from '../../src/edge/tls/tls.listener.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { askTls, connectTls } from '../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const ca = AUTHORITY.cert;
const { cert, key } = AUTHORITY.issue('gateway', { names: ['127.0.0.1'] });
const CERTIFICATES = {
  fallback: {
    source: 'tls.crt',
    names: ['127.0.0.1'],
    chain: cert,
    key: { reveal: () => key },
    expiresAt: 0,
  },
  named: [],
  clientCa: undefined,
};

describe('the TLS listener', () => {
  const failed = vi.fn();
  let http: Server;
  let listener: TlsListener;

  beforeEach(async () => {
    failed.mockClear();
    http = createServer((_req, res) => res.end('over HTTP/1.1'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });

  afterEach(async () => {
    const closed = Promise.all([listener.close(), new Promise((resolve) => http.close(resolve))]);
    http.closeAllConnections();
    await closed;
  });

  async function listen(acceptHttp2?: (socket: TLSSocket) => void): Promise<number> {
    listener = new TlsListener({
      certificates: CERTIFICATES,
      minVersion: 'TLSv1.2',
      clientAuth: undefined,
      handshakeTimeoutMs: 5_000,
      maxHandshakes: 10,
      http,
      acceptHttp2,
      now: () => performance.now(),
      failed,
    });
    await listener.listen(0, '127.0.0.1');
    return listener.port as number;
  }

  it('offers HTTP/1.1 alone where nobody takes HTTP/2', async () => {
    const port = await listen();

    const socket = await connectTls(port, undefined, { ca, ALPNProtocols: ['h2', 'http/1.1'] });
    socket.destroy();
    const onlyHttp2 = connectTls(port, undefined, { ca, ALPNProtocols: ['h2'] });

    expect(socket.alpnProtocol).toBe('http/1.1');
    await expect(onlyHttp2).rejects.toThrow(/no application protocol/);
    expect(failed).toHaveBeenLastCalledWith('alpn');
  });

  it('hands HTTP/2 to whoever takes it, and all else to the HTTP server', async () => {
    const taken: (string | false | null)[] = [];
    const port = await listen((socket) => {
      taken.push(socket.alpnProtocol);
      socket.destroy();
    });

    const http2 = await connectTls(port, undefined, { ca, ALPNProtocols: ['h2', 'http/1.1'] });
    http2.on('error', () => {});
    await once(http2.resume(), 'close');
    const http1 = await askTls(port, '/', { tls: { ca } });
    const without = await askTls(port, '/', { tls: { ca, ALPNProtocols: undefined } });

    expect(taken).toEqual(['h2']);
    expect([http1.text, without.text]).toEqual(['over HTTP/1.1', 'over HTTP/1.1']);
  });

  it('says why it cannot listen', async () => {
    listener = undefined as unknown as TlsListener;
    await listen();
    const first = listener;
    const { port } = first.server.address() as AddressInfo;

    const second = new TlsListener({ ...first.options });

    await expect(second.listen(port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  });
});
