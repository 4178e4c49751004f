import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayError } from '../../src/contracts/gateway-error.js';
import type { UpstreamOptions } from '../../src/contracts/upstream-definition.js';
import { CertificateAuthority } from '../support/certificate.authority.js';
import { Http2Upstream } from '../support/http2.upstream.js';
import { readBody } from '../support/read-body.js';
import { SecureUpstream } from '../support/secure.upstream.js';
import { type SentRequest, UpstreamClient } from '../support/upstream.client.js';

const authority = new CertificateAuthority();
const LOOPBACK = authority.issue('stock', { names: ['localhost', '127.0.0.1'] });
const BIG = Buffer.alloc(3_000_000, 'portcullis ');

let folder: string;
const open: { close(): unknown }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'http2-client-'));
  writeFileSync(join(folder, 'ca.pem'), authority.cert);
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

const kept = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};

const tls = () => ({ caFile: join(folder, 'ca.pem') });

async function pair(
  options: Partial<UpstreamOptions> = {},
  settings = {},
): Promise<[UpstreamClient, Http2Upstream]> {
  const upstream = kept(await Http2Upstream.start({ settings }));
  return [kept(new UpstreamClient({ targets: upstream.url, protocol: 'http2', ...options })), upstream];
}

const failure = ({ answer }: SentRequest): Promise<string> =>
  answer.then(
    ({ status }) => `answered ${status}`,
    (error: GatewayError) => error.code,
  );

async function text(sent: SentRequest): Promise<string> {
  const { body } = await sent.answer;
  return body.whole?.toString() ?? (await readBody(body).whole).toString();
}

describe('which protocol is spoken', () => {
  it('speaks HTTP/2 by prior knowledge to http targets', async () => {
    const [client, upstream] = await pair();

    expect(await text(client.get())).toBe('ok');
    expect(upstream.requests[0]?.field(':scheme')).toBe('http');
  });

  it('speaks HTTP/2 by ALPN to https targets', async () => {
    const upstream = kept(await Http2Upstream.secure(LOOPBACK));
    const client = kept(new UpstreamClient({ targets: upstream.url, protocol: 'http2', tls: tls() }));

    expect(await text(client.get())).toBe('ok');
    expect(upstream.requests[0]?.field(':scheme')).toBe('https');
  });

  it('answers upstream-protocol where http2 is demanded and the target chooses HTTP/1.1', async () => {
    const upstream = kept(await SecureUpstream.start({ ...LOOPBACK, ALPNProtocols: [] }));
    const targets = `https://127.0.0.1:${upstream.port}`;
    const client = kept(new UpstreamClient({ targets, protocol: 'http2', tls: tls() }));

    expect(await failure(client.get())).toBe('upstream-protocol');
    expect(client.connections).toBe(0);
  });

  it('lets each https target choose with auto, and remembers that it chose HTTP/1.1', async () => {
    const first = kept(await Http2Upstream.secure(LOOPBACK));
    const second = kept(await SecureUpstream.start(LOOPBACK));
    const targets = [first.url, `https://127.0.0.1:${second.port}`];
    const client = kept(new UpstreamClient({ targets, protocol: 'auto', tls: tls() }));

    expect(await text(client.get(client.targets[0]))).toBe('ok');
    expect(await text(client.get(client.targets[1]))).toBe('ok');
    expect(await text(client.get(client.targets[1]))).toBe('ok');

    expect(first.requests).toHaveLength(1);
    expect(second.sides.map(({ requests }) => requests)).toEqual([2]);
  });

  it('verifies certificates as over HTTP/1.1', async () => {
    const upstream = kept(await Http2Upstream.secure(authority.issue('else', { names: ['else.test'] })));
    const client = kept(new UpstreamClient({ targets: upstream.url, protocol: 'http2', tls: tls() }));

    expect(await failure(client.get())).toBe('upstream-tls');
    expect(upstream.requests).toEqual([]);
  });
});

describe('the request', () => {
  it('maps Host, lower-cases names and leaves a cookie as it is', async () => {
    const [client, upstream] = await pair();

    const headers = [
      'Host',
      'shop.test',
      'X-One',
      '1',
      'Cookie',
      'a=1; b=2',
      'X-ONE',
      '2',
      'Connection',
      'close',
    ];
    await client.send({ path: '/a?b=c', headers, trailers: true }).answer;

    expect(upstream.requests[0]?.raw).toEqual([
      ...[':method', 'GET', ':scheme', 'http', ':authority', 'shop.test', ':path', '/a?b=c'],
      ...['x-one', '1', 'cookie', 'a=1; b=2', 'x-one', '2', 'te', 'trailers'],
    ]);
  });

  it.each([0, 5, 20_000, 3_000_000])('sends a body of %i bytes from memory', async (size) => {
    const [client, upstream] = await pair();
    const body = BIG.subarray(0, size);

    const sent = client.send({ method: 'POST', body });

    expect(await text(sent)).toBe('ok');
    expect((await upstream.requests[0]?.body)?.equals(body)).toBe(true);
    expect(upstream.requests[0]?.field('content-length')).toBe(String(size));
  });

  it.each([BIG.length, undefined])('streams a body, its length announced as %s', async (length) => {
    const [client, upstream] = await pair();
    const stream = Readable.from([BIG.subarray(0, 1_000_000), BIG.subarray(1_000_000)]);

    const sent = client.send({ method: 'PUT', body: { stream, length } });

    expect(await text(sent)).toBe('ok');
    expect((await upstream.requests[0]?.body)?.equals(BIG)).toBe(true);
  });

  it('resets its stream, and no other, when the client breaks off', async () => {
    const [client, upstream] = await pair();
    const stream = new PassThrough();
    upstream.respond = () => {};
    const other = client.get();
    const sent = client.send({ method: 'PUT', body: { stream, length: undefined } });
    stream.write('begun');
    await upstream.received(2);
    const [kept, cut] = upstream.requests;
    const reset = new Promise((resolve) => cut?.stream.on('close', () => resolve(cut.stream.rstCode)));

    stream.destroy();

    expect(await failure(sent)).toBe('client-closed');
    expect(await reset).toBe(constants.NGHTTP2_CANCEL);
    kept?.stream.respond({ ':status': 204 }, { endStream: true });
    expect((await other.answer).status).toBe(204);
    expect(client.connections).toBe(1);
  });

  it('cannot smuggle: a line break in a value or a name is refused before the wire', async () => {
    const [client, upstream] = await pair();

    expect(await failure(client.send({ headers: ['Host', 'stock', 'x', 'a\r\nb: c'] }))).toBe('internal');
    expect(await failure(client.send({ headers: ['Host', 'stock', 'x', 'a\0b'] }))).toBe('internal');
    expect(await failure(client.send({ path: '/a b' }))).toBe('internal');
    expect(await failure(client.send({ headers: ['Host', 'stock', 'Content-Length', '3'] }))).toBe(
      'internal',
    );
    expect(upstream.requests).toEqual([]);
  });
});

describe('the response', () => {
  it('hands over whole what came at once, without framing fields', async () => {
    const [client] = await pair();

    const { status, headers, body } = await client.get().answer;

    expect(status).toBe(200);
    expect(headers.filter((_, at) => at % 2 === 0)).toEqual(['content-type', 'date']);
    expect(body.whole?.toString()).toBe('ok');
  });

  it('streams what is large, at the pace of its reader', async () => {
    const [client, upstream] = await pair();
    upstream.respond = ({ stream }) => {
      stream.respond({ ':status': 200 });
      stream.end(BIG);
    };

    const { body } = await client.get().answer;
    const reading = readBody(body, 1);
    const other = await client.send({ method: 'HEAD' }).answer;
    const held = Buffer.concat(reading.chunks).length;
    for (const turn of [1, 2, 3]) await new Promise((resolve) => setTimeout(resolve, turn));
    reading.flow.resume();

    expect(other.status).toBe(200);
    expect(held).toBeLessThan(300_000);
    const rest = readUntilEnd(reading);
    expect((await rest).equals(BIG)).toBe(true);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('knows that %s %i has no body, and what length was declared', async (method, status) => {
    const [client, upstream] = await pair();
    upstream.respond = ({ stream }) => {
      const length = status === 204 ? {} : { 'content-length': '7' };
      stream.respond({ ':status': status, ...length }, { endStream: true });
    };

    const { body } = await client.send({ method }).answer;

    expect(body.whole?.length).toBe(0);
    expect(body.length).toBe(status === 204 ? undefined : 7);
  });

  it('passes trailers that may pass, where they are asked for', async () => {
    const [client, upstream] = await pair();
    upstream.respond = ({ stream }) => {
      stream.respond({ ':status': 200, trailer: 'x-sum, set-cookie' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7', 'set-cookie': 'a=b' }));
      stream.end('body');
    };

    const { body } = await client.send({ trailers: true }).answer;
    const whole = await readBody(body).whole;

    expect(whole.toString()).toBe('body');
    expect(body.trailers?.announced).toBe('x-sum');
    expect(body.trailers?.fields).toEqual(['x-sum', '7']);
  });

  it('answers before the upload ended: the rest is not sent, and the connection stays', async () => {
    const [client, upstream] = await pair();
    const stream = new PassThrough();
    upstream.respond = ({ stream }) => {
      stream.respond({ ':status': 413 });
      stream.end('too much');
    };

    const sent = client.send({ method: 'PUT', body: { stream, length: undefined } });
    stream.write('begun');

    expect((await sent.answer).status).toBe(413);
    expect(await text(sent)).toBe('too much');
    upstream.respond = ({ stream }) => stream.respond({ ':status': 204 }, { endStream: true });
    expect((await client.get().answer).status).toBe(204);
    expect(upstream.sessions).toHaveLength(1);
  });
});

describe('many requests', () => {
  it('share one connection', async () => {
    const [client, upstream] = await pair();

    await Promise.all(Array.from({ length: 50 }, () => text(client.get())));

    expect(upstream.sessions).toHaveLength(1);
  });

  it('open another connection at the limit of streams, and wait at the limit of connections', async () => {
    const [client, upstream] = await pair(
      { pool: { maxConnections: 2, maxWaiting: 1 } },
      { maxConcurrentStreams: 2 },
    );
    expect(await text(client.get())).toBe('ok');
    upstream.respond = () => {};
    const sent = Array.from({ length: 3 }, () => client.get());
    await upstream.received(4);
    expect(upstream.sessions).toHaveLength(2);
    // The second session learns its limit with the SETTINGS that came before this.
    const fourth = client.get();
    await upstream.received(5);
    const waiting = client.get();

    expect(await failure(client.get())).toBe('overloaded');
    expect(client.forwarder.stats?.().get(client.target.id)).toMatchObject({ busy: 2, idle: 0, waiting: 1 });

    upstream.respond = ({ stream }) => stream.respond({ ':status': 204 }, { endStream: true });
    upstream.requests[1]?.stream.respond({ ':status': 200 }, { endStream: true });
    expect((await waiting.answer).status).toBe(204);
    for (const { stream } of upstream.requests.slice(2, 5)) {
      if (!stream.closed) stream.respond({ ':status': 200 }, { endStream: true });
    }
    for (const { answer } of [...sent, fourth]) expect((await answer).status).toBe(200);
  });

  it('end one by one when cancelled', async () => {
    const [client, upstream] = await pair();
    upstream.respond = () => {};
    const first = client.get();
    const second = client.get();
    await upstream.received(2);
    const [gone] = upstream.requests;
    const reset = new Promise((resolve) => gone?.stream.on('close', () => resolve(gone.stream.rstCode)));

    const { GatewayError: Failure } = await import('../../src/contracts/gateway-error.js');
    first.cancellation.cancel(new Failure('client-closed'));

    expect(await failure(first)).toBe('client-closed');
    expect(await reset).toBe(constants.NGHTTP2_CANCEL);
    upstream.requests[1]?.stream.respond({ ':status': 204 }, { endStream: true });
    expect((await second.answer).status).toBe(204);
  });

  it('keep their own clocks', async () => {
    const [client, upstream] = await pair();
    upstream.respond = () => {};

    expect(await failure(client.send({}, client.target, { headersMs: 50 }))).toBe('upstream-timeout');
  });
});

/** The rest of a body whose reader refuses more after each chunk. */
async function readUntilEnd(reading: ReturnType<typeof readBody>): Promise<Buffer> {
  let over = false;
  void reading.whole.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise(setImmediate);
    reading.flow.resume();
  }
  return reading.whole;
}
