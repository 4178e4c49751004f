import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority, type CertificateOptions } from '../support/certificate.authority.js';
import { CertificateFiles } from '../support/certificate.files.js';
import { type RunningGateway, startGateway } from '../support/gateway.harness.js';
import { OcspResponder, stateOf } from '../support/ocsp.responder.js';
import { TlsModule } from '../support/tls.app.js';

const AUTHORITY = new CertificateAuthority();
const files = new CertificateFiles();
const running: RunningGateway[] = [];
let responder: OcspResponder;

/** A certificate with that of its issuer behind it, as issuers deliver them. */
function put(name: string, options: CertificateOptions = {}) {
  const { cert, key } = AUTHORITY.issue(name, { names: ['gateway.example'], ...options });
  return files.put('gateway', { cert: cert + AUTHORITY.cert, key });
}

async function start(
  options: CertificateOptions,
  environment: Record<string, string> = {},
): Promise<RunningGateway> {
  const { certFile, keyFile } = put('gateway', { responder: responder.url, ...options });
  const gateway = await startGateway(TlsModule, {
    environment: {
      UPSTREAM_URL: 'http://127.0.0.1:9',
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      ...environment,
    },
  });
  running.push(gateway);
  return gateway;
}

/** What a client that asks for the certificate's state is shown, and the common name of the certificate. */
async function stapledTo(port: number): Promise<{ readonly response: Buffer | null; readonly name: string }> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'gateway.example',
    ca: AUTHORITY.cert,
    requestOCSP: true,
  });
  let response: Buffer | null = null;
  socket.on('OCSPResponse', (given: Buffer | null) => {
    response = given;
  });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerX509Certificate() as X509Certificate;
  socket.destroy();
  return { response, name: subject };
}

beforeEach(async () => {
  responder = await OcspResponder.start(AUTHORITY);
});

afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
  await responder.close();
});

afterAll(() => files.remove());

describe('the state of a certificate', () => {
  it('is shown from the first handshake on when the certificate demands it, and fetched once', async () => {
    const gateway = await start({ mustStaple: true });

    const shown = [await stapledTo(gateway.httpsPort), await stapledTo(gateway.httpsPort)];

    expect(shown.every(({ response }) => response !== null && response.length > 100)).toBe(true);
    expect(responder.asked).toBe(1);
  });

  it('is not fetched for others, unless that is asked for', async () => {
    const silent = await start({});
    const without = await stapledTo(silent.httpsPort);
    const asked = responder.asked;
    const stapling = await start({}, { TLS_OCSP: 'on' });
    const withState = await stapledTo(stapling.httpsPort);

    expect([without.response, asked]).toEqual([null, 0]);
    expect(withState.response).not.toBeNull();
  });

  it('is not fetched at all where that is switched off', async () => {
    const gateway = await start({ mustStaple: true }, { TLS_OCSP: 'off' });

    const { response } = await stapledTo(gateway.httpsPort);

    expect([response, responder.asked]).toEqual([null, 0]);
  });

  it('is there with a renewed certificate', async () => {
    const gateway = await start({ mustStaple: true });

    put('renewed', { responder: responder.url, mustStaple: true });
    await gateway.logged('tls.certificates-reloaded', 1);
    await expect
      .poll(() => stapledTo(gateway.httpsPort))
      .toMatchObject({ name: 'CN=renewed', response: expect.any(Buffer) });

    expect(responder.asked).toBe(2);
  });

  it.each<[string, (request: Buffer) => Buffer | undefined, RegExp]>([
    ['does not answer well', () => undefined, /answered 503/],
    ['says it is revoked', (request) => stateOf(request, AUTHORITY, { state: 'revoked' }), /revoked/],
    [
      'is another’s',
      (request) => stateOf(request, new CertificateAuthority('Others')),
      /not signed by the issuer/,
    ],
    ['talks nonsense', () => Buffer.from('nonsense'), /./],
    ['talks without end', () => Buffer.alloc(100_000), /too long/],
  ])('is left away, and the log says why, when the responder %s', async (_what, respond, reason) => {
    responder.respond = respond;
    const gateway = await start({ mustStaple: true });

    const { response } = await stapledTo(gateway.httpsPort);

    expect(response).toBeNull();
    const [failed] = await gateway.logged('tls.staple-failed', 1);
    expect(String(failed?.['reason'])).toMatch(reason);
  });
});
