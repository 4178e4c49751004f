import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { FrameUpstream } from '../support/frame.upstream.js';
import { LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { handshake } from '../support/websocket.client.js';
import { frame } from '../support/websocket.frames.js';

const MIB = 1024 * 1024;
const FRAMES = (LONG ? 512 : 48) * 16;
const FRAME = frame({ payload: Buffer.alloc(65_536 - 10, 7) });
const RISE_LIMIT_BYTES = 16 * MIB;
const MINUTES_MS = 60_000 * (LONG ? 5 : 1);

/** Writes all frames as fast as they are taken. */
async function pour(socket: Socket): Promise<void> {
  for (let i = 0; i < FRAMES; i++) {
    if (!socket.write(FRAME)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

/** Reads all frames in sips, with a turn of the loop and a while between them. */
function sip(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  let left = FRAMES * FRAME.length;
  let sips = 0;
  return new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error(`closed ${left} bytes early`)));
    socket.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      left -= chunk.length;
      if (left <= 0) resolve(hash.digest('hex'));
      else if (++sips % 64 === 0) {
        socket.pause();
        setTimeout(() => socket.resume(), 20);
      }
    });
  });
}

function expected(): string {
  const hash = createHash('sha256');
  for (let i = 0; i < FRAMES; i++) hash.update(FRAME);
  return hash.digest('hex');
}

describe(`${(FRAMES * FRAME.length) / MIB} MiB through a WebSocket whose reader is slow`, () => {
  let upstream: FrameUpstream;
  let service: ServiceProcess;
  let port: number;

  beforeAll(async () => {
    await ensureServiceBuilt();
    upstream = await FrameUpstream.start();
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: { ...SERVICE_ENVIRONMENT, UPSTREAM_URL: upstream.url },
      nodeArguments: ['--expose-gc'],
      channel: true,
    });
    port = (await service.addresses()).port;
  }, MINUTES_MS);

  afterAll(async () => {
    await service.kill();
    await upstream.close();
  });

  beforeEach(() => service.ask('measure'));

  it(
    'arrive whole and gather nowhere when the client is',
    async () => {
      upstream.onTunnel = (_path, socket) => void pour(socket);
      const socket = await shake(port);

      const digest = await sip(socket);
      socket.destroy();

      expect(digest).toBe(expected());
      expect(await service.ask<number>('rise')).toBeLessThanOrEqual(RISE_LIMIT_BYTES);
    },
    MINUTES_MS,
  );

  it(
    'arrive whole and gather nowhere when the upstream is',
    async () => {
      const read = new Promise<string>((resolve, reject) => {
        upstream.onTunnel = (_path, socket) => void sip(socket).then(resolve, reject);
      });
      const socket = await shake(port);

      const [digest] = await Promise.all([read, pour(socket)]);
      socket.destroy();

      expect(digest).toBe(expected());
      expect(await service.ask<number>('rise')).toBeLessThanOrEqual(RISE_LIMIT_BYTES);
    },
    MINUTES_MS,
  );
});

/** A tunnel, its 101 read. Nothing but the 101 is in the first read: whoever pours begins after it was sent. */
function shake(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(handshake('/sockets/slow')));
    socket.on('error', reject);
    socket.on('readable', function head() {
      // One byte at a time, so that what follows stays in the socket.
      let text = '';
      for (
        let byte = socket.read(1) as Buffer | null;
        byte !== null;
        byte = socket.read(1) as Buffer | null
      ) {
        text += byte.toString('latin1');
        if (!text.endsWith('\r\n\r\n')) continue;
        socket.removeListener('readable', head);
        resolve(socket);
        return;
      }
      if (text !== '') reject(new Error(text));
    });
  });
}
