import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { CertificateFiles } from '../../support/certificate.files.js';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { askTls } from '../../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const files = new CertificateFiles();
const names = ['127.0.0.1', 'a.test', 'b.test'];
const { certFile, keyFile } = files.put('gateway', AUTHORITY.issue('gateway', { names }));

let upstream: RecordingUpstream;
let kong: KongGateway;

beforeAll(async () => {
  upstream = await RecordingUpstream.start();
  kong = await startKong(
    `
_format_version: "3.0"
services:
  - name: s
    url: ${upstream.url}
    routes:
      - {name: https-only, paths: [/secure], protocols: [https], strip_path: false}
      - {name: for-a, paths: [/named], snis: [a.test], protocols: [https], strip_path: false}
      - {name: near, paths: [/near], sources: [{ip: 127.0.0.0/8}], strip_path: false}
      - {name: far, paths: [/far], sources: [{ip: 10.0.0.0/8}], strip_path: false}
      - {name: here, paths: [/here], destinations: [{ip: 127.0.0.1}], strip_path: false}
`,
    { environment: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TRUSTED_PROXIES: '127.0.0.2' } },
  );
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
  files.remove();
});

const tls = (path: string, servername: string) =>
  askTls(kong.httpsPort, path, {
    headers: { Host: servername },
    tls: { ca: AUTHORITY.cert, servername },
  });

describe('routes that look at the connection', () => {
  it('take by TLS what they refuse without it (§2 protocols)', async () => {
    expect((await ask(`${kong.url}/secure`)).status).toBe(426);
    expect((await tls('/secure', 'a.test')).status).toBe(200);
    expect(upstream.last.headers['x-forwarded-proto']).toBe('https');
  });

  it('are chosen by the name asked for in the handshake (§2 snis)', async () => {
    expect((await tls('/named', 'a.test')).status).toBe(200);
    expect((await tls('/named', 'b.test')).status).toBe(404);
  });

  it('are chosen by where the client is (§2 sources)', async () => {
    expect((await ask(`${kong.url}/near`)).status).toBe(200);
    expect((await ask(`${kong.url}/far`)).status).toBe(404);
  });

  it('are chosen by where it came to (§2 destinations)', async () => {
    expect((await ask(`${kong.url}/here`)).status).toBe(200);
  });

  it('believe nobody but trusted proxies that a client spoke https', async () => {
    const answer = await ask(`${kong.url}/secure`, { headers: { 'X-Forwarded-Proto': 'https' } });

    expect(answer.status).toBe(426);
  });
});
