import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { All, Module, type Type } from '@nestjs/common';
import {
  defineUpstream,
  env,
  Forward,
  type ForwardCall,
  GatewayModule,
  InjectUpstream,
  ProxyController,
  Public,
  type UpstreamClient,
  UpstreamModule,
  WebSocket,
} from 'portcullis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { CertificateFiles } from '../../support/certificate.files.js';
import { FrameUpstream } from '../../support/frame.upstream.js';
import { type RunningGateway, startGateway } from '../../support/gateway.harness.js';
import { connectTls } from '../../support/tls.client.js';
import { type Carrier, WEBSOCKET_WAYS } from '../../support/websocket.app.js';
import { closeCode, handshake, nextMessage, openSocket } from '../../support/websocket.client.js';
import { frame } from '../../support/websocket.frames.js';

const AUTHORITY = new CertificateAuthority();
const LOOPBACK = AUTHORITY.issue('gateway', { names: ['127.0.0.1', 'localhost'] });
const files = new CertificateFiles();
const { certFile, keyFile } = files.put('gateway', LOOPBACK);
const ca = AUTHORITY.cert;

const CA_FILE = files.write('ca.pem', ca);

function roomsApp(carrier: Carrier): Type {
  const builtIn = carrier === 'the built-in client';
  const ROOMS = defineUpstream('rooms', {
    targets: env('UPSTREAM_URL'),
    ...(builtIn ? { tls: { caFile: CA_FILE } } : { proxy: { agent: new Agent({ ca }) } }),
    breaker: false,
    retry: false,
  });

  @ProxyController(ROOMS, 'chat')
  @Public()
  @WebSocket()
  class RoomsController {
    constructor(@InjectUpstream(ROOMS) private readonly rooms: UpstreamClient) {}

    @All(['', '*path'])
    all(@Forward() call: ForwardCall) {
      return this.rooms.forward(call);
    }
  }

  @Module({
    imports: [GatewayModule.forRoot(), UpstreamModule.forFeature(ROOMS)],
    controllers: [RoomsController],
  })
  class RoomsModule {}

  return RoomsModule;
}

const MIB = 1024 * 1024;
const GOING_AWAY = '\x88\x02\x03\xe9';

afterAll(() => files.remove());

/** One end of a tunnel as a test holds it: it reads when it is told to, and keeps what it read. */
class End {
  #bytes: Buffer;
  #chunks: Buffer[] = [];
  #length: number;
  readonly closed: Promise<unknown>;
  readonly ended: Promise<unknown>;

  constructor(
    readonly socket: Socket,
    /** What lies beneath TLS. */
    readonly raw: Socket,
    early: Buffer,
  ) {
    socket.pause();
    this.#bytes = early;
    this.#length = early.length;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    this.ended = new Promise((resolve) => socket.once('end', resolve));
    socket
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        this.#length += chunk.length;
        socket.emit('counted');
      });
    socket.pause();
  }

  /** Everything, once there is so much. */
  async read(length: number): Promise<Buffer> {
    this.socket.resume();
    while (this.#length < length) await once(this.socket, 'counted');
    this.#bytes = Buffer.concat([this.#bytes, ...this.#chunks.splice(0)]);
    return this.#bytes;
  }
}

interface Ends {
  readonly client: End;
  readonly upstream: End;
}

/** Who does something, and who sees it at the other end. */
const BOTH_WAYS: [string, (ends: Ends) => readonly [End, End]][] = [
  ['the client', ({ client, upstream }) => [client, upstream]],
  ['the upstream', ({ client, upstream }) => [upstream, client]],
];

describe.each(WEBSOCKET_WAYS)('a WebSocket with TLS on both sides, %s, through %s', (way, carrier) => {
  let upstream: FrameUpstream;
  let running: RunningGateway;

  const start = (): Promise<RunningGateway> =>
    startGateway(roomsApp(carrier), {
      way,
      environment: {
        UPSTREAM_URL: upstream.url,
        TLS_CERT_FILE: certFile,
        TLS_KEY_FILE: keyFile,
        DRAIN_MS: '5000',
      },
    });

  beforeAll(async () => {
    upstream = await FrameUpstream.start(LOOPBACK);
    running = await start();
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** A tunnel whose ends read nothing yet; `glued` is sent in one write with the handshake. */
  async function open({ httpsPort }: RunningGateway, glued = Buffer.alloc(0)): Promise<Ends> {
    const taken = new Promise<End>((resolve) => {
      upstream.onTunnel = (_path, socket, early) =>
        resolve(new End(socket, upstream.connections.at(-1) as Socket, early));
    });
    const raw = connect(httpsPort, '127.0.0.1').on('error', () => {});
    const client = await connectTls(httpsPort, undefined, { ca, socket: raw });
    client.write(Buffer.concat([Buffer.from(handshake('/chat/room')), glued]));
    const [head] = (await once(client, 'data')) as [Buffer];
    const end = new End(client, raw, Buffer.alloc(0));
    expect(client.alpnProtocol).toBe('http/1.1');
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n$/s);
    return { client: end, upstream: await taken };
  }

  it('is one to a client of the trade, from wss to wss', async () => {
    upstream.onTunnel = (_path, socket) =>
      void socket.write(frame({ opcode: 1, payload: Buffer.from('hi') }));
    const { socket } = await openSocket(
      running.httpsPort,
      '/chat/room',
      { ca, perMessageDeflate: false },
      [],
      'wss',
    );

    const message = await nextMessage(socket);
    const closed = closeCode(socket);
    socket.terminate();

    expect([message, await closed]).toEqual(['hi', 1006]);
  });

  it('carries every byte both ways, what is glued to the handshake and to its answer among them', async () => {
    const up = Buffer.concat(sizes.map((size) => frame({ payload: Buffer.alloc(size, size), masked: true })));
    const down = Buffer.concat(sizes.map((size) => frame({ payload: Buffer.alloc(size, size + 1) })));
    const { client, upstream: peer } = await open(running, up.subarray(0, 100));
    client.socket.write(up.subarray(100));
    peer.socket.write(down);

    const [atUpstream, atClient] = await Promise.all([peer.read(up.length), client.read(down.length)]);
    client.socket.destroy();

    expect(atUpstream.equals(up)).toBe(true);
    expect(atClient.equals(down)).toBe(true);
  });

  it.each(BOTH_WAYS)('ends on the other side behind its last byte when %s closes', async (_, sides) => {
    const [leaver, other] = sides(await open(running));
    const last = frame({ payload: Buffer.alloc(200_000, 3) });
    leaver.socket.end(last);
    leaver.socket.resume();

    const bytes = await other.read(last.length);
    await other.ended;
    other.socket.end();
    await Promise.all([leaver.closed, other.closed]);

    expect(bytes.equals(last)).toBe(true);
  });

  it.each(BOTH_WAYS)('ends on the other side when %s drops it without a word', async (_, sides) => {
    const [leaver, other] = sides(await open(running));
    other.socket.resume();

    leaver.socket.destroy();

    await other.closed;
  });

  it.each(BOTH_WAYS)('ends on the other side when %s resets it, and the next one opens', async (_, sides) => {
    const [leaver, other] = sides(await open(running));
    other.socket.resume();

    leaver.raw.resetAndDestroy();
    await other.closed;
    const next = await open(running);
    next.client.socket.destroy();

    await next.upstream.closed;
  });

  it.each(BOTH_WAYS)('stops the sender while %s does not read, and loses nothing', async (_, sides) => {
    const [reader, sender] = sides(await open(running));
    const block = frame({ payload: Buffer.alloc(65_526, 5) });
    let blocks = 1;
    // What a sender gets rid of without being read stands in buffers on the way: the kernel's, and a few of ours.
    while (sender.socket.write(block) || (await drainsSoon(sender.socket))) {
      if (++blocks * block.length > 64 * MIB) break;
    }

    const bytes = await reader.read(blocks * block.length);
    sender.socket.destroy();

    expect(bytes.length).toBeLessThan(32 * MIB);
    expect(bytes.equals(Buffer.concat(new Array<Buffer>(blocks).fill(block)))).toBe(true);
  });

  it('is closed with 1001 when the gateway drains', async () => {
    const leaving = await start();
    const { client, upstream: peer } = await open(leaving);

    const drained = leaving.gateway.drain();
    const [atClient, atUpstream] = await Promise.all([client.read(4), peer.read(8)]);
    client.socket.destroy();
    peer.socket.destroy();
    await drained;

    expect(atClient.toString('latin1')).toBe(GOING_AWAY);
    expect([...atUpstream.subarray(0, 2)]).toEqual([0x88, 0x82]);
  });
});

const sizes = [0, 1, 125, 126, 65_535, 65_536, 300_000];

/** Whether a full sender may go on: nothing moved for a while when it may not. */
function drainsSoon(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (answer: boolean) => (): void => {
      clearTimeout(timer);
      socket.removeListener('drain', go);
      resolve(answer);
    };
    const go = done(true);
    const timer = setTimeout(done(false), 400);
    socket.on('drain', go);
  });
}
