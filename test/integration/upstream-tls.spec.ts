import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Get, Module } from '@nestjs/common';
import {
  type UpstreamClient as Client,
  defineUpstream,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  UpstreamModule,
  type UpstreamOptions,
} from 'portcullis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority, type Certified } from '../support/certificate.authority.js';
import { ask, type RunningGateway, startGateway, WAYS, type Way } from '../support/gateway.harness.js';
import { ScriptedUpstream } from '../support/scripted.upstream.js';
import { type SecureSide, SecureUpstream } from '../support/secure.upstream.js';
import { UpstreamClient, type UpstreamClientParts } from '../support/upstream.client.js';

const authority = new CertificateAuthority();
const LOOPBACK = authority.issue('stock', { names: ['localhost', '127.0.0.1', 'stock.test'] });

let folder: string;
const open: { close(): unknown }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'upstream-tls-'));
  file('ca.pem', authority.cert);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of open.splice(0).reverse()) await one.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const caFile = (): string => join(folder, 'ca.pem');

async function start(certified: Certified = LOOPBACK, more: object = {}): Promise<SecureUpstream> {
  const upstream = await SecureUpstream.start({ ...certified, ...more });
  open.push(upstream);
  return upstream;
}

function client(options: UpstreamOptions, parts?: UpstreamClientParts): UpstreamClient {
  const made = new UpstreamClient(options, parts);
  open.push(made);
  return made;
}

/** The code of the error an attempt ended with, and what lay beneath it. */
async function failure(made: UpstreamClient): Promise<[code: string, cause: string]> {
  const error = await made.get().answer.then(
    () => ({ code: 'none', cause: undefined }),
    (caught: { code: string; cause?: { code?: string; message: string } }) => caught,
  );
  return [error.code, error.cause?.code ?? error.cause?.message ?? 'none'];
}

async function answered(made: UpstreamClient): Promise<string | undefined> {
  const { body } = await made.get().answer;
  return body.whole?.toString();
}

async function gatewayTo(options: UpstreamOptions, way: Way = 'compiled'): Promise<RunningGateway> {
  const STOCK = defineUpstream('stock-service', options);

  @ProxyController(STOCK, 'stock')
  @Public()
  class StockController {
    constructor(@InjectUpstream(STOCK) private readonly stock: Client) {}

    @Get()
    all(@Forward() call: ForwardCall) {
      return this.stock.forward(call);
    }
  }

  @Module({ imports: [UpstreamModule.forFeature(STOCK)], controllers: [StockController] })
  class StockModule {}

  @Module({ imports: [GatewayModule.forRoot(), StockModule] })
  class AppModule {}

  const running = await startGateway(AppModule, { way });
  open.push(running);
  return running;
}

describe.each(WAYS)('an upstream behind TLS, %s', (way) => {
  it('is reached when its certificate and name hold', async () => {
    const upstream = await start();
    const gateway = await gatewayTo(
      { targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } },
      way,
    );

    const answer = await ask(`${gateway.url}/stock`);

    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    expect(upstream.sides[0]).toMatchObject({ serverName: 'localhost', protocol: 'http/1.1' });
  });

  // 109: a setting that switches verification off, or is silently not heeded.
  it('answers 502 upstream-tls for a self-signed certificate, and tells the cause to the log alone', async () => {
    const upstream = await start(CertificateAuthority.selfSigned('localhost', { names: ['localhost'] }));
    const gateway = await gatewayTo({ targets: `https://localhost:${upstream.port}` }, way);

    const answer = await ask(`${gateway.url}/stock`);
    const [logged] = await gateway.logged('exchange.failed', 1);

    expect(answer.status).toBe(502);
    expect(answer.json()).toMatchObject({
      code: 'upstream-tls',
      upstream: 'stock-service',
      detail: 'No secure connection to stock-service could be made.',
    });
    expect(answer.text).not.toMatch(/self|certificate|localhost/i);
    expect(logged).toMatchObject({ error: 'upstream-tls', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    expect(upstream.sides).toHaveLength(0);
  });
});

describe('tls options that cannot be heeded', () => {
  // 109
  it('keep the gateway from starting, all at once', async () => {
    const targets = 'https://localhost:9443';
    const starting = gatewayTo({ targets, tls: { caFile: join(folder, 'none.pem'), keyFile: caFile() } });

    const error: Error = await starting.then(
      () => new Error('it started'),
      (caught: Error) => caught,
    );

    expect(error.message).toContain('none.pem, which cannot be read (ENOENT)');
    expect(error.message).toContain('tls.keyFile is given without tls.certFile');
    expect(error.message).toContain('which holds no usable private key');
  });

  it('keep the gateway from starting when no target asks for TLS', async () => {
    const starting = gatewayTo({ targets: 'http://localhost:9443', tls: { caFile: caFile() } });

    await expect(starting).rejects.toThrow('tls has no effect, for no target starts with https://');
  });
});

describe('what a target shows', () => {
  it.each([
    [
      'is self-signed',
      () => CertificateAuthority.selfSigned('localhost', { names: ['localhost'] }),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    [
      'is of an authority nobody named',
      () => new CertificateAuthority('Another').issue('localhost', { names: ['localhost'] }),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'is for another name',
      () => authority.issue('stock', { names: ['elsewhere.test'] }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'has expired',
      () => authority.issue('stock', { names: ['localhost'], notAfter: new Date(Date.now() - 60_000) }),
      'CERT_HAS_EXPIRED',
    ],
    [
      'is not valid yet',
      () =>
        authority.issue('stock', { names: ['localhost'], notAfter: new Date(Date.now() + 5 * 86_400_000) }),
      'CERT_NOT_YET_VALID',
    ],
  ])('is refused when it %s, whatever the environment says', async (_what, certify, cause) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const upstream = await start(certify());
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });

    const failed = await failure(stock);

    expect(failed).toEqual(['upstream-tls', cause]);
    expect(upstream.sides.every(({ requests }) => requests === 0)).toBe(true);
  });

  it('is refused without a caFile that has its authority: Node’s own are believed then', async () => {
    const upstream = await start();
    const stock = client({ targets: `https://localhost:${upstream.port}` });

    expect((await failure(stock))[0]).toBe('upstream-tls');
  });

  it('is verified as an address where the target is one, and no name is asked for', async () => {
    const upstream = await start();
    const stock = client({ targets: `https://127.0.0.1:${upstream.port}`, tls: { caFile: caFile() } });

    expect(await answered(stock)).toBe('ok');
    expect(upstream.sides[0]?.serverName).toBeUndefined();
  });

  it('is refused for an address that its certificate does not name', async () => {
    const upstream = await start(authority.issue('stock', { names: ['localhost'] }));
    const stock = client({ targets: `https://127.0.0.1:${upstream.port}`, tls: { caFile: caFile() } });

    expect(await failure(stock)).toEqual(['upstream-tls', 'ERR_TLS_CERT_ALTNAME_INVALID']);
  });

  it('is verified and asked for under serverName in place of the host', async () => {
    const upstream = await start();
    const tls = { caFile: caFile(), serverName: 'stock.test' };
    const good = client({ targets: `https://127.0.0.1:${upstream.port}`, tls });
    const bad = client({
      targets: `https://127.0.0.1:${upstream.port}`,
      tls: { ...tls, serverName: 'other.test' },
    });

    expect(await answered(good)).toBe('ok');
    expect(await failure(bad)).toEqual(['upstream-tls', 'ERR_TLS_CERT_ALTNAME_INVALID']);
    expect(upstream.sides[0]?.serverName).toBe('stock.test');
  });

  it('is asked for without the dot that makes a name absolute', async () => {
    const upstream = await start();
    const lookup: UpstreamClientParts['lookup'] = (_host, answer) =>
      answer(null, [{ address: '127.0.0.1', family: 4 }]);
    const stock = client(
      { targets: `https://stock.test.:${upstream.port}`, tls: { caFile: caFile() } },
      { lookup },
    );

    expect(await answered(stock)).toBe('ok');
    expect(upstream.sides[0]?.serverName).toBe('stock.test');
  });
});

describe('a handshake', () => {
  it('uses TLS 1.2 at least, and TLS 1.3 at least when minVersion says so', async () => {
    const upstream = await start(LOOPBACK, { maxVersion: 'TLSv1.2' });
    const targets = `https://localhost:${upstream.port}`;
    const usual = client({ targets, tls: { caFile: caFile() } });
    const strict = client({ targets, tls: { caFile: caFile(), minVersion: 'TLSv1.3' } });

    expect(await answered(usual)).toBe('ok');
    expect(upstream.sides[0]?.version).toBe('TLSv1.2');
    expect((await failure(strict))[0]).toBe('upstream-tls');
  });

  it('is refused below TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    const upstream = await start(LOOPBACK, old);
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });

    expect((await failure(stock))[0]).toBe('upstream-tls');
  });

  it('shows the gateway’s certificate to an upstream that asks for it', async () => {
    const upstream = await start(LOOPBACK, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: authority.cert,
    });
    const own = authority.issue('the-gateway');
    const targets = `https://localhost:${upstream.port}`;
    const known = client({
      targets,
      tls: { caFile: caFile(), certFile: file('own.pem', own.cert), keyFile: file('own.key', own.key) },
    });
    const unknown = client({ targets, tls: { caFile: caFile() } });

    expect(await answered(known)).toBe('ok');
    expect(upstream.sides[0]?.client).toBe('the-gateway');
    expect((await failure(unknown))[0]).toBe('upstream-tls');
  });

  it('that meets plain HTTP is upstream-tls, and nothing of the request is sent', async () => {
    const plain = await ScriptedUpstream.start();
    open.push(plain);
    plain.script = () => {};
    const stock = client({ targets: `https://127.0.0.1:${plain.port}` });
    plain.onConnection = (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');

    expect((await failure(stock))[0]).toBe('upstream-tls');
    expect(plain.requests).toHaveLength(0);
  });

  it('that the upstream hangs up on is upstream-tls, and tells why', async () => {
    const plain = await ScriptedUpstream.start();
    open.push(plain);
    plain.onConnection = (socket) => socket.end();
    const stock = client({ targets: `https://127.0.0.1:${plain.port}` });

    expect(await failure(stock)).toEqual(['upstream-tls', 'ECONNRESET']);
  });

  it('that never ends is upstream-connect-timeout', async () => {
    const silent = await ScriptedUpstream.start();
    open.push(silent);
    const stock = client({ targets: `https://127.0.0.1:${silent.port}`, timeout: { connectMs: 50 } });

    expect((await failure(stock))[0]).toBe('upstream-connect-timeout');
  });
});

describe('a TLS session', () => {
  /** Ends the connection after its answer, so that the next request needs another. */
  const answerOnce = ({ socket }: SecureSide): void =>
    void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');

  it.each(['TLSv1.2', 'TLSv1.3'])(
    'is resumed by the next connection to the same target (%s)',
    async (version) => {
      const upstream = await start(LOOPBACK, { minVersion: version, maxVersion: version });
      upstream.respond = answerOnce;
      const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });

      for (let i = 0; i < 3; i++) {
        await answered(stock);
        await upstream.sides[i]?.closed;
      }

      expect(upstream.sides.map(({ resumed, version: used }) => [resumed, used])).toEqual([
        [false, version],
        [true, version],
        [true, version],
      ]);
    },
  );

  it('is never offered under another name, or by another upstream', async () => {
    const upstream = await start();
    upstream.respond = answerOnce;
    const targets = `https://127.0.0.1:${upstream.port}`;
    const address = client({ targets, tls: { caFile: caFile() } });
    const named = client({ targets, tls: { caFile: caFile(), serverName: 'stock.test' } });
    const twin = client({ targets, tls: { caFile: caFile() } });

    for (const one of [address, named, twin]) await answered(one);

    expect(upstream.sides.map(({ resumed }) => resumed)).toEqual([false, false, false]);
  });

  it('is not offered to another target of the same upstream', async () => {
    const upstream = await start();
    upstream.respond = answerOnce;
    const stock = client({
      targets: [`https://127.0.0.1:${upstream.port}`, `https://localhost:${upstream.port}`],
      tls: { caFile: caFile() },
    });

    for (const target of stock.targets) await stock.get(target).answer;

    expect(upstream.sides.map(({ resumed }) => resumed)).toEqual([false, false]);
  });

  it('ends with the certificates it was agreed with', async () => {
    const upstream = await start();
    upstream.respond = answerOnce;
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });
    await answered(stock);
    await upstream.sides[0]?.closed;

    stock.identity?.renew({ ca: new CertificateAuthority('Another').cert });

    expect((await failure(stock))[0]).toBe('upstream-tls');
  });

  it('does not stand in for the certificate for longer than an hour', async () => {
    let now = 1_000;
    const upstream = await start();
    upstream.respond = answerOnce;
    const stock = client(
      { targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } },
      { now: () => now },
    );

    for (const at of [1_000, 3_000_000, 3_600_999, 3_601_000]) {
      now = at;
      await answered(stock);
      await upstream.sides.at(-1)?.closed;
    }

    expect(upstream.sides.map(({ resumed }) => resumed)).toEqual([false, true, true, false]);
  });
});

describe('a pooled TLS connection', () => {
  it('carries one request after the other', async () => {
    const upstream = await start();
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });

    const first = stock.get();
    await first.answer;
    const second = stock.get();
    await second.answer;

    expect([first.trace.reused, second.trace.reused, upstream.sides.length]).toEqual([false, true, 1]);
  });

  it('delivers a body of many records whole', async () => {
    const bytes = Buffer.alloc(3_000_000, 'abcdefghij');
    const upstream = await start();
    upstream.respond = ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`);
      socket.write(bytes);
    };
    const gateway = await gatewayTo({
      targets: `https://localhost:${upstream.port}`,
      tls: { caFile: caFile() },
    });

    const answer = await ask(`${gateway.url}/stock`);

    expect(answer.body.equals(bytes)).toBe(true);
  });

  it('is destroyed by bytes that nobody asked for', async () => {
    const upstream = await start();
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });
    await answered(stock);

    upstream.sides[0]?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await upstream.sides[0]?.closed;
    const next = await answered(stock);

    expect([next, upstream.sides.length]).toEqual(['ok', 2]);
  });

  it('is not handed out once its end was seen', async () => {
    const upstream = await start();
    const stock = client({ targets: `https://localhost:${upstream.port}`, tls: { caFile: caFile() } });
    await answered(stock);

    upstream.sides[0]?.socket.end();
    await vi.waitUntil(() => stock.connections === 0);
    const { answer, trace } = stock.get();
    await answer;

    expect([trace.reused, upstream.sides.length]).toEqual([false, 2]);
  });
});

describe('certificate files that change', () => {
  it('count for new connections, once they hold together', async () => {
    const next = new CertificateAuthority('The next authority');
    const own = authority.issue('the-gateway-of-old');
    const renewed = next.issue('the-gateway-of-now');
    const bothAuthorities = authority.cert + next.cert;
    const upstream = await start(LOOPBACK, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: bothAuthorities,
    });
    const certFile = file('rotating.pem', own.cert);
    const keyFile = file('rotating.key', own.key);
    const gateway = await gatewayTo({
      targets: `https://localhost:${upstream.port}`,
      tls: { caFile: file('rotating-ca.pem', authority.cert), certFile, keyFile },
      pool: { idleMs: 0 },
    });
    const before = await ask(`${gateway.url}/stock`);

    file('rotating.pem', renewed.cert);
    const [refused] = await gateway.logged('upstream.certificates-refused', 1);
    const between = await ask(`${gateway.url}/stock`);
    file('rotating.key', renewed.key);
    const [reloaded] = await gateway.logged('upstream.certificates-reloaded', 1);
    const after = await ask(`${gateway.url}/stock`);

    expect([before.status, between.status, after.status]).toEqual([200, 200, 200]);
    expect(upstream.sides.map(({ client: shown }) => shown)).toEqual([
      'the-gateway-of-old',
      'the-gateway-of-old',
      'the-gateway-of-now',
    ]);
    expect(refused).toMatchObject({ upstream: 'stock-service' });
    expect(JSON.stringify(refused)).not.toContain('BEGIN');
    expect(reloaded).toMatchObject({ upstream: 'stock-service' });
  });
});
