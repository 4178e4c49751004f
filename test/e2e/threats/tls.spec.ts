import { once } from 'node:events';
import { rmSync, symlinkSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/contracts/config-problem.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { CertificateFiles } from '../../support/certificate.files.js';
import {
  ask,
  type RunningGateway,
  type StartOptions,
  startGateway,
  WAYS,
} from '../../support/gateway.harness.js';
import { SecureUpstream } from '../../support/secure.upstream.js';
import { TlsModule } from '../../support/tls.app.js';
import { askTls, connectTls, shownTo } from '../../support/tls.client.js';

const AUTHORITY = new CertificateAuthority();
const PARTNERS = new CertificateAuthority('The authority of partners');
const ca = AUTHORITY.cert;

const files = new CertificateFiles();
const { certFile, keyFile } = files.put(
  'gateway',
  AUTHORITY.issue('gateway', { names: ['gateway.example'] }),
);
files.put('names/api', AUTHORITY.issue('api', { names: ['api.example'] }));
files.put('names/partner', AUTHORITY.issue('partner', { names: ['partner.example', '*.partner.example'] }));
const partnersFile = files.write('partners.pem', PARTNERS.cert);
const partner = PARTNERS.issue('A partner');

const running: RunningGateway[] = [];
const sockets: Socket[] = [];

async function start(
  environment: StartOptions['environment'] = {},
  way: StartOptions['way'] = 'compiled',
): Promise<RunningGateway> {
  const gateway = await startGateway(TlsModule, {
    way,
    environment: {
      UPSTREAM_URL: 'http://127.0.0.1:9',
      TLS_CERT_FILE: certFile,
      TLS_KEY_FILE: keyFile,
      TLS_CERT_DIR: files.at('names'),
      ...environment,
    },
  });
  running.push(gateway);
  return gateway;
}

/** How often handshakes failed for a reason, as operators see it. */
async function failures(gateway: RunningGateway, reason: string): Promise<number> {
  const { text } = await ask(`${gateway.adminUrl}/metrics`);
  const line = new RegExp(
    `^portcullis_tls_handshakes_failed_total\\{[^}]*reason="${reason}"[^}]*\\} (\\d+)`,
    'm',
  );
  return Number(line.exec(text)?.[1] ?? 0);
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const gateway of running.splice(0)) await gateway.close();
});

afterAll(() => files.remove());

describe('the TLS port', () => {
  it('[104] speaks no TLS older than 1.2', async () => {
    const gateway = await start();

    const old = connectTls(gateway.httpsPort, 'gateway.example', {
      ca,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });

    await expect(old).rejects.toThrow(/protocol version/);
    expect(await failures(gateway, 'version')).toBe(1);
  });

  it('[104] speaks TLS 1.3 alone when told so', async () => {
    const gateway = await start({ TLS_MIN_VERSION: '1.3' });

    const old = connectTls(gateway.httpsPort, 'gateway.example', { ca, maxVersion: 'TLSv1.2' });
    await expect(old).rejects.toThrow(/protocol version/);
    const current = await connectTls(gateway.httpsPort, 'gateway.example', { ca });
    sockets.push(current);

    expect(current.getProtocol()).toBe('TLSv1.3');
  });

  it.each([
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA',
    'AES128-GCM-SHA256',
    'DHE-RSA-AES128-GCM-SHA256',
  ])('[104] takes no cipher without forward secrecy and authenticated encryption: %s', async (ciphers) => {
    const gateway = await start();

    const weak = connectTls(gateway.httpsPort, 'gateway.example', {
      ca,
      maxVersion: 'TLSv1.2',
      ciphers: `${ciphers}:@SECLEVEL=0`,
    });

    await expect(weak).rejects.toThrow(/handshake failure/);
    expect(await failures(gateway, 'cipher')).toBe(1);
  });

  it('[106] chooses by the name a client asks for, in any case', async () => {
    const gateway = await start();
    const names = [
      'api.example',
      'API.Example',
      'A.PARTNER.example',
      'a.b.partner.example',
      'nobody.example',
      undefined,
    ];

    const shown = await Promise.all(names.map((name) => shownTo(gateway.httpsPort, name)));

    expect(shown).toEqual(['api', 'api', 'partner', 'gateway', 'gateway', 'gateway']);
  });

  describe.each(WAYS)('that asks for client certificates, on %s routes', (way) => {
    const tls = { ca, ...partner };

    it('[108] refuses a host that another certificate than the connection’s is shown for', async () => {
      const gateway = await start({ TLS_CLIENT_CA_FILE: partnersFile }, way);
      const hosts = {
        'partner.example': ['api.example', 'partner.example'],
        'PARTNER.example.': ['api.example', 'PARTNER.example:443'],
        'gateway.example': ['partner.example', 'nobody.example'],
      };

      const statuses = await Promise.all(
        Object.entries(hosts).map(async ([host, [other, own]]) => [
          (
            await askTls(gateway.httpsPort, '/api/whoami', {
              host: host.replace(/\.$/, ''),
              tls,
              headers: { Host: other as string },
            })
          ).status,
          (
            await askTls(gateway.httpsPort, '/api/whoami', {
              host: host.replace(/\.$/, ''),
              tls,
              headers: { Host: own as string },
            })
          ).status,
        ]),
      );

      expect(statuses).toEqual([
        [421, 200],
        [421, 200],
        [421, 200],
      ]);
    });

    it('[108] takes hosts of the same certificate on one connection', async () => {
      const gateway = await start({ TLS_CLIENT_CA_FILE: partnersFile }, way);

      const answer = await askTls(gateway.httpsPort, '/api/whoami', {
        host: 'partner.example',
        tls,
        headers: { Host: 'other.partner.example' },
      });

      expect(answer.status).toBe(200);
    });

    it('[108] answers a misdirected request with its code, and keeps the connection', async () => {
      const gateway = await start({ TLS_CLIENT_CA_FILE: partnersFile }, way);
      const socket = await connectTls(gateway.httpsPort, 'partner.example', tls);
      sockets.push(socket);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });

      socket.write('GET /api/whoami HTTP/1.1\r\nHost: api.example\r\n\r\n');
      await vi.waitFor(() => expect(text).toMatch(/^HTTP\/1\.1 421 [\s\S]*"code":"misdirected"/));
      socket.write('GET /api/whoami HTTP/1.1\r\nHost: partner.example\r\n\r\n');

      await vi.waitFor(() => expect(text).toMatch(/HTTP\/1\.1 200 /));
    });
  });

  it('[109] does not start with settings that cannot be used, and lists all of them', async () => {
    const broken = start({
      TLS_CERT_FILE: files.at('missing.crt'),
      TLS_KEY_FILE: files.at('names/api.key'),
      TLS_CERT_DIR: files.at('nowhere'),
      TLS_CLIENT_CA_FILE: certFile,
      TLS_MIN_VERSION: '1.1',
      HTTPS_REDIRECT_PORT: '443',
    });

    const error = await broken.catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map(({ where }) => where).sort()).toEqual([
      'HTTPS_REDIRECT_PORT',
      'TLS_CERT_DIR',
      'TLS_CERT_FILE',
      'TLS_CLIENT_CA_FILE',
      'TLS_MIN_VERSION',
    ]);
  });

  it('[109] does not start with settings that would have no effect', async () => {
    const idle = start({
      TLS_CERT_FILE: undefined,
      TLS_KEY_FILE: undefined,
      TLS_CERT_DIR: undefined,
      HTTPS_PORT: '8443',
      TLS_CLIENT_CA_FILE: partnersFile,
      HSTS_MAX_AGE_SECONDS: '60',
      TLS_CERTFILE: certFile,
    });

    const error = await idle.catch((reason: unknown) => reason);

    expect((error as ConfigError).problems.map(({ where }) => where).sort()).toEqual([
      'HSTS_MAX_AGE_SECONDS',
      'HTTPS_PORT',
      'TLS_CERTFILE',
      'TLS_CLIENT_CA_FILE',
    ]);
  });

  it('[109] does not take the certificate of an upstream that vouches for itself', async () => {
    const upstream = await SecureUpstream.start(
      CertificateAuthority.selfSigned('upstream', { names: ['127.0.0.1'] }),
    );
    const gateway = await start({ UPSTREAM_URL: `https://127.0.0.1:${upstream.port}` });

    const answer = await askTls(gateway.httpsPort, '/api/1', { host: 'gateway.example', tls: { ca } });

    expect([answer.status, answer.json()]).toMatchObject([502, { code: 'upstream-tls' }]);
    expect(upstream.sides.every(({ requests }) => requests === 0)).toBe(true);
    await upstream.close();
  });
});

describe('a certificate that is replaced while clients connect', () => {
  const mounted = new CertificateFiles();

  afterAll(() => mounted.remove());

  /** Mounts a pair as Kubernetes does: a new folder, and one rename of the symlink that everything leads through. */
  let folder = 0;
  function mount(pair: { readonly cert: string; readonly key: string }): void {
    const name = `..${++folder}`;
    mounted.write(`${name}/tls.crt`, pair.cert);
    mounted.write(`${name}/tls.key`, pair.key);
    mounted.link('..data', name);
  }
  const issue = (subject: string) => AUTHORITY.issue(subject, { names: ['gateway.example'] });

  it('[111] is shown within a second, and no handshake fails', { timeout: 30_000 }, async () => {
    mount(issue('round 0'));
    symlinkSync('..data/tls.crt', mounted.at('tls.crt'));
    symlinkSync('..data/tls.key', mounted.at('tls.key'));
    const gateway = await start({
      TLS_CERT_FILE: mounted.at('tls.crt'),
      TLS_KEY_FILE: mounted.at('tls.key'),
    });
    const kept = await connectTls(gateway.httpsPort, 'gateway.example', { ca });
    sockets.push(kept);
    const failed: unknown[] = [];
    let handshakes = 0;
    let over = false;
    const clients = Array.from({ length: 8 }, async () => {
      while (!over) {
        await shownTo(gateway.httpsPort, 'gateway.example', { ca, rejectUnauthorized: true }).then(
          () => handshakes++,
          (error: unknown) => failed.push(error),
        );
      }
    });

    const tookMs: number[] = [];
    for (let round = 1; round <= 4; round++) {
      const subject = `round ${round}`;
      const since = performance.now();
      mount(issue(subject));
      await vi.waitFor(
        async () => expect(await shownTo(gateway.httpsPort, 'gateway.example')).toBe(subject),
        {
          timeout: 5_000,
          interval: 20,
        },
      );
      tookMs.push(performance.now() - since);
    }
    over = true;
    await Promise.all(clients);

    expect(failed).toEqual([]);
    expect(handshakes).toBeGreaterThan(100);
    expect(Math.max(...tookMs)).toBeLessThan(1_000);
    expect(kept.destroyed).toBe(false);
    const [reloaded] = await gateway.logged('tls.certificates-reloaded', 4);
    expect(reloaded).toMatchObject({ changed: [mounted.at('tls.crt')] });
  });

  it('[111] stays when the new one cannot be used, and the log says why', async () => {
    mount(issue('good'));
    const gateway = await start({
      TLS_CERT_FILE: mounted.at('tls.crt'),
      TLS_KEY_FILE: mounted.at('tls.key'),
    });

    mount({ cert: issue('bad').cert, key: issue('another').key });
    const [refused] = await gateway.logged('tls.certificates-refused', 1);
    const shown = await shownTo(gateway.httpsPort, 'gateway.example');

    expect(shown).toBe('good');
    expect(String((refused as { reasons?: unknown }).reasons)).toMatch(
      /TLS_CERT_FILE: .*tls\.key is not the key of/,
    );
    expect(JSON.stringify(refused)).not.toContain('PRIVATE');
  });

  it('[111] leaves others to be renewed when one of a directory cannot be used', async () => {
    files.put('many/one', AUTHORITY.issue('one', { names: ['one.example'] }));
    files.put('many/two', AUTHORITY.issue('two', { names: ['two.example'] }));
    const gateway = await start({ TLS_CERT_DIR: files.at('many') });

    files.write('many/one.crt', 'half a certificate');
    files.put('many/two', AUTHORITY.issue('two, renewed', { names: ['two.example'] }));
    files.put('many/three', AUTHORITY.issue('three', { names: ['three.example'] }));
    await gateway.logged('tls.certificates-refused', 1);

    await vi.waitFor(async () => {
      const shown = await Promise.all(
        ['one', 'two', 'three'].map((name) => shownTo(gateway.httpsPort, `${name}.example`)),
      );
      expect(shown).toEqual(['one', 'two, renewed', 'three']);
    });
    rmSync(files.at('many/three.crt'));
    rmSync(files.at('many/three.key'));
    await vi.waitFor(async () => expect(await shownTo(gateway.httpsPort, 'three.example')).toBe('gateway'), {
      timeout: 5_000,
    });
  });
});

describe('a directory of certificates', () => {
  it('[111] is watched for folders that come, and for pairs that come to be in them', async () => {
    files.put('growing/first', AUTHORITY.issue('first', { names: ['first.example'] }));
    const gateway = await start({ TLS_CERT_DIR: files.at('growing') });
    const { cert, key } = AUTHORITY.issue('second', { names: ['second.example'] });

    files.write('growing/second/notes', 'the pair is still to come');
    files.put('growing/third', AUTHORITY.issue('third', { names: ['third.example'] }));
    await gateway.logged('tls.certificates-reloaded', 1);
    files.write('growing/second/tls.crt', cert);
    files.write('growing/second/tls.key', key);

    await vi.waitFor(async () => expect(await shownTo(gateway.httpsPort, 'second.example')).toBe('second'), {
      timeout: 5_000,
    });
  });

  it('[111] may hold one that has expired: it is shown, and told of', async () => {
    const expired = new Date(Date.now() - 60_000);
    files.put('old/old', AUTHORITY.issue('old', { names: ['old.example'], notAfter: expired }));
    const gateway = await start({ TLS_CERT_DIR: files.at('old') });

    const [told] = await gateway.logged('tls.certificate-expired', 1);

    expect(told).toMatchObject({ level: 'warn', source: files.at('old/old.crt') });
    expect(await shownTo(gateway.httpsPort, 'old.example')).toBe('old');
  });
});

describe('handshakes that are held open', () => {
  /** Connections that send the beginning of a ClientHello and no more. */
  async function halfOpen(port: number, count: number): Promise<{ closed(): number }> {
    let closed = 0;
    const opened = Array.from({ length: count }, async () => {
      const socket = connectTcp(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('close', () => closed++);
      await once(socket, 'connect');
      socket.write(Buffer.from('1603010200010001fc0303', 'hex'));
    });
    await Promise.all(opened);
    return { closed: () => closed };
  }

  it('[112] end in time, however often the client sends a byte', async () => {
    const gateway = await start({ TLS_HANDSHAKE_TIMEOUT_MS: '300' });
    const dripping = connectTcp(gateway.httpsPort, '127.0.0.1');
    sockets.push(dripping);
    dripping.on('error', () => {});
    await once(dripping, 'connect');
    dripping.write(Buffer.from('1603010200', 'hex'));
    const drip = setInterval(() => dripping.writable && dripping.write(Buffer.from([1])), 50);

    await once(dripping, 'close');
    clearInterval(drip);

    await vi.waitFor(async () => expect(await failures(gateway, 'timeout')).toBe(1));
  });

  it('[112] by 1,000 clients keep nobody else out', { timeout: 20_000 }, async () => {
    const gateway = await start({ TLS_HANDSHAKE_TIMEOUT_MS: '1500' });

    const held = await halfOpen(gateway.httpsPort, 1_000);
    const answer = await askTls(gateway.httpsPort, '/api/whoami', { host: 'gateway.example', tls: { ca } });

    expect(answer.status).toBe(200);
    await vi.waitFor(() => expect(held.closed()).toBe(1_000), { timeout: 10_000 });
    expect((await failures(gateway, 'timeout')) + (await failures(gateway, 'crowded'))).toBe(1_000);
  });

  it('[112] give way to newer ones where there are too many', async () => {
    const gateway = await start({ TLS_MAX_HANDSHAKES: '10' });

    const held = await halfOpen(gateway.httpsPort, 10);
    const ask = () => askTls(gateway.httpsPort, '/api/whoami', { host: 'gateway.example', tls: { ca } });

    // Each had a second first.
    const answer = await vi.waitFor(ask, { timeout: 5_000 });

    expect(answer.status).toBe(200);
    expect(held.closed()).toBe(1);
    expect(await failures(gateway, 'crowded')).toBeGreaterThan(0);
  });

  it('[112] are not made anew on a connection that has one', async () => {
    const gateway = await start();
    const socket = await connectTls(gateway.httpsPort, 'gateway.example', { ca, maxVersion: 'TLSv1.2' });
    sockets.push(socket);

    const outcome = await renegotiated(socket);

    expect(outcome).toMatch(/no renegotiation|NO_RENEGOTIATION|closed/i);
  });
});

function renegotiated(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve('closed'));
    socket.renegotiate({}, (error) => resolve(error === null ? 'done' : error.message));
  });
}

it('[112] what is no TLS ends its own connection alone', async () => {
  const gateway = await start();
  const port = gateway.httpsPort;
  const bytes = ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\0'.repeat(64), '\x16\x03\x01\x00\x02\xff\xff'];

  for (const text of bytes) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end(Buffer.from(text, 'latin1'));
    socket.resume();
    await once(socket, 'close');
  }
  const cut = connect({ port, host: '127.0.0.1', servername: '' });
  cut.on('error', () => {});
  cut.destroy();
  const answer = await askTls(port, '/api/whoami', { host: 'gateway.example', tls: { ca } });

  expect(answer.status).toBe(200);
  expect(await failures(gateway, 'not-tls')).toBeGreaterThan(0);
});
