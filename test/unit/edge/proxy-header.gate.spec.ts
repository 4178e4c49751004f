import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { trustedProxies } from '../../../src/config/trusted-proxies.js';
import { peerOf } from '../../../src/edge/peer-address.js';
import { expectProxyHeaders, ProxyHeaderGate } from '../../../src/edge/proxy-header.gate.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { proxyV2 } from '../../support/proxy-header.js';
import { RawClient } from '../../support/raw.client.js';

const V1 = Buffer.from('PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n');
const V2 = proxyV2({ source: '203.0.113.9', port: 443, extra: Buffer.alloc(30, 4) });
const GET = Buffer.from('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
const POST = Buffer.from('POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');

/** An HTTP server behind a gate, which answers with what it saw. */
class GatedServer {
  readonly refused: string[] = [];
  requests = 0;
  accepted = 0;

  private constructor(readonly http: Server) {}

  static async start(
    trusted = ['127.0.0.1'],
    timeoutMs = 5_000,
    http = createServer(),
  ): Promise<GatedServer> {
    http.on('request', (req, res) => {
      gated.requests++;
      void buffer(req).then((body) => {
        const { address, trusted: believed, reached } = peerOf(req.socket);
        res.end(`${req.method} ${req.url} ${body} from ${address} ${believed} ${reached?.port}`);
      });
    });
    const gated = new GatedServer(http);
    http.on('connection', () => gated.accepted++);
    expectProxyHeaders(http, {
      trusted: trustedProxies(trusted),
      timeoutMs,
      now: () => performance.now(),
      refused: (address, reason) => void gated.refused.push(`${address} ${reason}`),
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return gated;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.http.closeAllConnections();
    await closed;
  }
}

describe('an HTTP server behind the PROXY header gate', () => {
  let server: GatedServer;
  let client: RawClient | undefined;

  const connect = (): RawClient => {
    client = new RawClient(server.port);
    return client;
  };
  const texts = async (raw: RawClient, count: number): Promise<string[]> => {
    const found: string[] = [];
    for (let i = 0; i < count; i++) found.push((await raw.answer()).body.toString());
    return found;
  };

  afterEach(async () => {
    client?.close();
    await server.close();
  });

  it.each([
    ['version 1', V1],
    ['version 2', V2],
  ])(
    'reads requests glued to the header in one segment, pipelined, and later ones: %s',
    async (_what, header) => {
      server = await GatedServer.start();

      const raw = connect().send(Buffer.concat([header, GET, POST]));
      const pipelined = await texts(raw, 2);
      raw.send(GET);
      const later = await texts(raw, 1);

      expect(pipelined).toEqual([
        'GET /first  from 203.0.113.9 undefined 443',
        'POST /second hello from 203.0.113.9 undefined 443',
      ]);
      expect(later).toEqual(['GET /first  from 203.0.113.9 undefined 443']);
      expect(server.accepted).toBe(1);
    },
  );

  it.each([
    ['version 1', V1],
    ['version 2', V2],
  ])('reads header and requests that come byte by byte: %s', async (_what, header) => {
    server = await GatedServer.start();

    const raw = connect();
    for (const byte of Buffer.concat([header, POST, GET])) {
      await new Promise<void>((resolve) => raw.socket.write(Buffer.of(byte), () => setImmediate(resolve)));
    }

    expect(await texts(raw, 2)).toEqual([
      'POST /second hello from 203.0.113.9 undefined 443',
      'GET /first  from 203.0.113.9 undefined 443',
    ]);
  });

  it('reads requests split anywhere around the end of the header', async () => {
    server = await GatedServer.start();
    const bytes = Buffer.concat([V1, GET]);
    for (let cut = V1.length - 3; cut <= V1.length + 3; cut++) {
      const raw = connect();

      await new Promise<void>((resolve) =>
        raw.socket.write(bytes.subarray(0, cut), () => setImmediate(resolve)),
      );
      raw.send(bytes.subarray(cut));

      expect(await texts(raw, 1)).toEqual(['GET /first  from 203.0.113.9 undefined 443']);
      raw.close();
    }
  });

  it('serves nothing of a connection that a listener closes, and shows it to no listener behind that', async () => {
    const http = createServer();
    http.prependListener('connection', (socket: Socket) => socket.destroy());
    server = await GatedServer.start(['127.0.0.1'], 5_000, http);

    await connect()
      .send(Buffer.concat([V1, GET]))
      .closed();

    expect([server.accepted, server.requests]).toEqual([0, 0]);
  });

  it('hands a long body over whole, whatever of it came with the header', async () => {
    server = await GatedServer.start();
    const body = Buffer.alloc(300_000, 'x');
    const head = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);

    const raw = connect().send(Buffer.concat([V2, head, body]));
    const answer = await raw.answer();

    expect(answer.body.toString().length).toBe('POST /  from 203.0.113.9 undefined 443'.length + body.length);
  });

  it('answers a client that closes its half of the connection right behind header and request', async () => {
    server = await GatedServer.start();

    const raw = connect();
    raw.socket.end(Buffer.concat([V1, GET]));

    expect(await texts(raw, 1)).toEqual(['GET /first  from 203.0.113.9 undefined 443']);
  });

  it.each([
    ['UNKNOWN, and believes nothing it claims in headers', Buffer.from('PROXY UNKNOWN\r\n'), 'false'],
    ['LOCAL, which is the proxy itself', proxyV2({ command: 0 }), 'undefined'],
  ])("keeps the peer's own address with %s", async (_what, header, believed) => {
    server = await GatedServer.start();

    const [text] = await texts(connect().send(Buffer.concat([header, GET])), 1);

    expect(text).toBe(`GET /first  from 127.0.0.1 ${believed} undefined`);
  });

  it.each([
    ['a request without a header', GET],
    ['a broken header', Buffer.concat([Buffer.from('PROXY TCP4 a b 1 2\r\n'), GET])],
    ['TLS', Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5])],
  ])('closes a trusted connection that begins with %s, and answers nothing', async (_what, bytes) => {
    server = await GatedServer.start();

    const raw = connect().send(bytes);

    await expect(raw.answer()).rejects.toThrow('without an answer: ""');
    expect(server.refused).toEqual(['127.0.0.1 malformed']);
    expect(server.accepted + server.requests).toBe(0);
  });

  it.each([
    ['says nothing', ''],
    ['sends half of version 1', 'PROXY TCP4 203'],
    ['sends half of version 2', '\r\n\r\n\0\r\nQUIT\n\x21'],
  ])('closes a trusted connection that %s, when its time is over', async (_what, bytes) => {
    server = await GatedServer.start(['127.0.0.1'], 60);

    const raw = connect().send(bytes);
    await raw.closed();

    expect(server.refused).toEqual(['127.0.0.1 timeout']);
    expect(server.accepted).toBe(0);
  });

  it('says nothing of a connection that closes without a word, as port checks do', async () => {
    server = await GatedServer.start();

    const raw = connect();
    raw.socket.end();
    await raw.closed();

    expect(server.refused).toEqual([]);
  });

  it('closes when the other side leaves in the middle of its header', async () => {
    server = await GatedServer.start();

    const raw = connect();
    raw.socket.end('PROXY TCP4 ');
    await raw.closed();

    expect(server.refused).toEqual(['127.0.0.1 malformed']);
  });

  it('is not held open by a silent connection when it closes', async () => {
    server = await GatedServer.start(['127.0.0.1'], 0);
    const accepted = new Promise((resolve) => server.http.once('connection', resolve));
    const raw = connect();
    await accepted;

    const closed = new Promise((resolve) => server.http.close(resolve));
    await closed;
    await raw.closed();

    expect(server.refused).toEqual([]);
    server = await GatedServer.start();
  });

  it('takes a header from nobody else: to an untrusted peer it is a malformed request', async () => {
    server = await GatedServer.start(['10.0.0.0/8']);

    const plain = await texts(connect().send(GET), 1);
    const first = await connect()
      .send(Buffer.concat([V1, GET]))
      .answer();
    const second = await connect()
      .send(Buffer.concat([V2, GET]))
      .answer();

    expect(plain).toEqual(['GET /first  from 127.0.0.1 undefined undefined']);
    expect([first.status, second.status]).toEqual([400, 400]);
    expect(server.requests).toBe(1);
  });
});

describe('an HTTPS server behind the gate', () => {
  it.each([
    ['in one segment with the client hello', true],
    ['before it', false],
  ])('knows the announced peer when the header comes %s', async (_what, glued) => {
    const server = createHttpsServer(CertificateAuthority.selfSigned('gateway'), (req, res) => {
      res.end(`${req.url} from ${peerOf(req.socket).address}`);
    });
    expectProxyHeaders(server, {
      trusted: trustedProxies(['127.0.0.1']),
      timeoutMs: 5_000,
      now: () => performance.now(),
      refused: () => {},
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const raw = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    let header: Buffer | undefined = V2;
    if (!glued) {
      await new Promise<void>((resolve) => raw.write(V2, () => resolve()));
      header = undefined;
    }
    const below = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        raw.write(header === undefined ? chunk : Buffer.concat([header, chunk]), done);
        header = undefined;
      },
    });
    raw.on('data', (chunk) => below.push(chunk));

    const secure = connectTls({ socket: below, rejectUnauthorized: false });
    secure.write(GET);
    const [answer] = (await once(secure, 'data')) as [Buffer];

    expect(answer.toString()).toContain('/first from 203.0.113.9');
    raw.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the gate in front of another protocol', () => {
  it('hands on a paused socket with what followed the header still in it', async () => {
    const gate = new ProxyHeaderGate(
      { trusted: trustedProxies(['127.0.0.1']), timeoutMs: 1_000, now: () => 0, refused: () => {} },
      () => false,
    );
    const proceeded = Promise.withResolvers<Socket>();
    const tcp = createTcpServer((socket) => gate.accept(socket, proceeded.resolve));
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const raw = new RawClient((tcp.address() as AddressInfo).port).send(
      Buffer.concat([V2, Buffer.from('hello')]),
    );

    const socket = await proceeded.promise;

    expect(socket.isPaused()).toBe(true);
    expect(socket.read()?.toString()).toBe('hello');
    expect(socket.eventNames()).not.toContain('data');
    expect(socket.listenerCount('error')).toBe(0);
    socket.destroy();
    raw.close();
    await new Promise((resolve) => tcp.close(resolve));
  });
});
