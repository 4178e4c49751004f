import { X509Certificate } from 'node:crypto';
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { hashPassword } from '../../src/policies/authenticate/basic/password-hash.js';
import { ConsumerDirectory } from '../../src/policies/authenticate/consumers/consumer.directory.js';
import { CertificateAuthority } from './certificate.authority.js';
import { CertificateFiles } from './certificate.files.js';
import { CredentialsModule, consumers } from './credentials.app.js';
import { EchoUpstream } from './echo.upstream.js';
import {
  type Answer,
  type Ask,
  ask,
  type RunningGateway,
  startGateway,
  type Way,
} from './gateway.harness.js';
import { RecordingUpstream } from './recording.upstream.js';
import { askTls, type SecureAsk } from './tls.client.js';

const AUTHORITY = new CertificateAuthority();
const PARTNERS = new CertificateAuthority('Partners');
export const ca = AUTHORITY.cert;
export const partner = PARTNERS.issue('A partner', { names: ['partner.example'] });
export const otherPartner = PARTNERS.issue('Another partner', { names: ['a.example', 'b.example'] });
const HASH = await hashPassword('open sesame', { ln: 14, r: 8, p: 1 });

export const basicField = (user: string, password: string): { Authorization: string } => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** A gateway with every way to be known, one upstream that records and one that echoes WebSockets. */
export interface Credentials {
  readonly running: RunningGateway;
  readonly upstream: RecordingUpstream;
  /** The same gateway before an upstream that speaks WebSocket. */
  readonly talking: RunningGateway;
  readonly echo: EchoUpstream;
  readonly files: CertificateFiles;
  ask(path: string, request?: Ask): Promise<Answer>;
  askTls(path: string, request?: SecureAsk): Promise<Answer>;
  http2(options?: SecureClientSessionOptions): ClientHttp2Session;
  /** All values of a header in the last request that reached the upstream, by its exact spelling in lower case. */
  told(name: string): readonly string[];
}

/** Starts them before the promises of a `describe` and stops them after it. */
export function credentialsOf(way: Way, more: Readonly<Record<string, string>> = {}): Credentials {
  const files = new CertificateFiles();
  const sessions: ClientHttp2Session[] = [];
  let running: RunningGateway;
  let talking: RunningGateway;
  let upstream: RecordingUpstream;
  let echo: EchoUpstream;

  beforeAll(async () => {
    upstream = await RecordingUpstream.start();
    echo = await EchoUpstream.start();
    const { certFile, keyFile } = files.put(
      'gateway',
      AUTHORITY.issue('gateway', { names: ['gateway.example'] }),
    );
    const environment = {
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      TLS_CLIENT_CA_FILE: files.write('clients.pem', PARTNERS.cert),
      TLS_CLIENT_AUTH: 'optional',
      ...more,
    };
    const start = async (url: string): Promise<RunningGateway> => {
      const gateway = await startGateway(CredentialsModule, {
        way,
        environment: { ...environment, UPSTREAM_URL: url },
      });
      const { fingerprint256 } = new X509Certificate(partner.cert);
      gateway.gateway
        .get(ConsumerDirectory, { strict: false })
        .replace(consumers(HASH, fingerprint256.replaceAll(':', '').toLowerCase()));
      return gateway;
    };
    running = await start(upstream.url);
    talking = await start(echo.url);
  });

  beforeEach(() => {
    upstream.received.length = 0;
    echo.requests.length = 0;
  });

  afterAll(async () => {
    for (const session of sessions) session.destroy();
    await Promise.all([running.close(), talking.close()]);
    await Promise.all([upstream.close(), echo.close()]);
    files.remove();
  });

  return {
    files,
    get running() {
      return running;
    },
    get talking() {
      return talking;
    },
    get upstream() {
      return upstream;
    },
    get echo() {
      return echo;
    },
    ask: (path, request = {}) => ask(running.url + path, request),
    askTls: (path, { tls, ...request } = {}) =>
      askTls(running.httpsPort, path, { host: 'gateway.example', tls: { ca, ...tls }, ...request }),
    http2(options = {}) {
      const session = connect(`https://gateway.example:${running.httpsPort}`, {
        host: '127.0.0.1',
        servername: 'gateway.example',
        ca,
        ...options,
      });
      session.on('error', () => {});
      sessions.push(session);
      return session;
    },
    told(name) {
      const { rawHeaders } = upstream.last;
      return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
    },
  };
}
