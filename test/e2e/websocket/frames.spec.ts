import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameUpstream } from '../../support/frame.upstream.js';
import { type RunningGateway, startGateway } from '../../support/gateway.harness.js';
import { LIMIT_MS, runs } from '../../support/proof-size.js';
import { WEBSOCKET_WAYS, webSocketApp } from '../../support/websocket.app.js';
import { handshake } from '../../support/websocket.client.js';
import { frameArbitrary } from '../../support/websocket.frames.js';

/** What one side sends: any bytes that frames make, cut anywhere. */
interface Side {
  readonly bytes: Buffer;
  readonly cuts: readonly number[];
}

const side: fc.Arbitrary<Side> = fc.record({
  bytes: fc.array(frameArbitrary(5_000), { maxLength: 12 }).map((frames) => Buffer.concat(frames)),
  cuts: fc.array(fc.nat(60_000), { maxLength: 6 }).map((cuts) => cuts.toSorted((a, b) => a - b)),
});

/** Sends a side's bytes piece by piece, each in a turn of its own. */
async function send(socket: Socket, { bytes, cuts }: Side): Promise<void> {
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(bytes.length, Math.max(at, cut));
    if (end > at) socket.write(bytes.subarray(at, end));
    at = end;
    await new Promise(setImmediate);
  }
}

/** Everything a socket receives, until there is as much as expected. */
function receive(socket: Socket, early: Buffer, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks = [early];
    let left = length - early.length;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      left -= chunk.length;
      if (left <= 0) resolve(Buffer.concat(chunks));
    };
    socket.on('data', take).on('close', () => reject(new Error(`closed ${left} bytes early`)));
    socket.resume();
    if (left <= 0) resolve(early);
  });
}

describe.each(WEBSOCKET_WAYS)('sequences of frames, %s, through %s', (way, carrier) => {
  let upstream: FrameUpstream;
  let running: RunningGateway;

  beforeAll(async () => {
    upstream = await FrameUpstream.start();
    running = await startGateway(webSocketApp(carrier), {
      way,
      environment: { UPSTREAM_URL: upstream.url, ACCESS_LOG: 'off' },
    });
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** Opens a tunnel and exchanges both sides at once. */
  async function exchange(up: Side, down: Side, glued: boolean): Promise<readonly [Buffer, Buffer]> {
    const atUpstream = new Promise<Buffer>((resolve, reject) => {
      upstream.onTunnel = (_path, socket, early) => {
        receive(socket, early, up.bytes.length).then(resolve, reject);
        void send(socket, down);
      };
    });
    const socket = connect({ port: running.port, host: '127.0.0.1', noDelay: true });
    try {
      const shake = Buffer.from(handshake('/chat/room'));
      if (glued) socket.write(Buffer.concat([shake, up.bytes]));
      else socket.write(shake);
      const early = await answerHead(socket);
      const atClient = receive(socket, early, down.bytes.length);
      if (!glued) await send(socket, up);
      return await Promise.all([atUpstream, atClient]);
    } finally {
      socket.destroy();
    }
  }

  it(
    'arrive at the other end byte for byte, wherever they are cut',
    async () => {
      await fc.assert(
        fc.asyncProperty(side, side, fc.boolean(), async (up, down, glued) => {
          const [atUpstream, atClient] = await exchange(up, down, glued);

          expect(atUpstream.equals(up.bytes)).toBe(true);
          expect(atClient.equals(down.bytes)).toBe(true);
        }),
        { seed: 20, numRuns: runs(100), endOnFailure: true },
      );
    },
    LIMIT_MS,
  );
});

/** Reads the 101, and gives what came behind it. */
function answerHead(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const head = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.removeListener('data', head);
      socket.pause();
      if (bytes.toString('latin1', 0, 12) === 'HTTP/1.1 101') resolve(bytes.subarray(end + 4));
      else reject(new Error(bytes.toString('latin1')));
    };
    socket.on('data', head).on('error', reject);
  });
}
