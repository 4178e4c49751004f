import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { lingerOnClose } from '../../../src/edge/lingering-close.js';
import { TestServer } from './exchange.fixture.js';

const UPLOAD = 'POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100000000\r\n\r\n';

let server: TestServer | undefined;
let client: Socket | undefined;

afterEach(async () => {
  vi.useRealTimers();
  client?.destroy();
  await server?.close();
});

/** A client that began an upload and has its whole answer, and the other end of its connection. */
async function answered(): Promise<{ client: Socket; served: Socket; requests: () => number }> {
  let requests = 0;
  let served: Socket | undefined;
  server = await TestServer.start((req: IncomingMessage, res: ServerResponse) => {
    requests++;
    served = req.socket;
    lingerOnClose(req.socket);
    res.writeHead(413, ['Connection', 'close', 'Content-Length', '0']).end();
  });
  client = await server.send(UPLOAD);
  client.allowHalfOpen = true;
  client.on('error', () => {}).resume();
  await new Promise((resolve) => client?.once('end', resolve));
  return { client, served: served as Socket, requests: () => requests };
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));

describe('a connection that closes under an upload', () => {
  it('has ended its own half and waits for the client to end the other', async () => {
    const { client, served } = await answered();
    const open = !served.destroyed;

    client.end();
    await closed(served);

    expect([open, served.writableFinished]).toEqual([true, true]);
  });

  it('reads away what still comes and takes none of it for a request', async () => {
    const { client, served, requests } = await answered();

    client.write('GET /behind HTTP/1.1\r\nHost: gateway\r\n\r\n'.repeat(100));
    client.end();
    await closed(served);

    expect(requests()).toBe(1);
  });

  it('is cut when more comes than a client has under way', async () => {
    const { client, served } = await answered();

    for (let i = 0; i < 20; i++) client.write(Buffer.alloc(65_536));
    await closed(served);

    expect(served.bytesRead).toBeLessThan(3 * 1_048_576);
  });

  it('is cut when the client takes too long to end it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { served } = await answered();
    const open = !served.destroyed;

    vi.advanceTimersByTime(2_000);

    expect([open, served.destroyed]).toEqual([true, true]);
  });
});
