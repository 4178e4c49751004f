import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { ask } from './gateway.harness.js';
import { askOn } from './http2.asker.js';
import { getOf, type LimitPromises, type LimitsContext } from './limits.app.js';

export const CONNECTION_LIMITS = {
  MAX_CONNECTIONS: 4,
  MAX_CONNECTIONS_PER_ADDRESS: 2,
  MAX_CONCURRENT_STREAMS: 3,
} as const;

const ONE = '127.0.0.1';
const TWO = '127.0.0.2';
const THREE = '127.0.0.3';

/** Connections that are kept open, from addresses of the test's choosing. */
class Connections {
  readonly #sockets: Socket[] = [];

  constructor(private readonly port: number) {}

  /** The first bytes that come back from a new connection; `''` when it was closed without any. */
  open(localAddress: string): Promise<string> {
    const socket = connect({ port: this.port, host: ONE, localAddress });
    this.#sockets.push(socket);
    return exchange(socket);
  }

  /** A second request on a connection that stands. */
  again(index: number): Promise<string> {
    return exchange(this.#sockets[index] as Socket);
  }

  close(index: number): void {
    this.#sockets[index]?.destroy();
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function exchange(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => resolve(chunk.toString('latin1').slice(0, 12)));
    socket.once('close', () => resolve(''));
    socket.write(getOf('/notes/a'));
  });
}

const SERVED = 'HTTP/1.1 200';

/** Runs with no connection but its own. */
async function withConnections(
  { running }: LimitsContext,
  run: (connections: Connections) => Promise<void>,
): Promise<void> {
  const server = running.gateway.getHttpServer() as unknown as {
    getConnections(callback: (error: Error | null, count: number) => void): void;
  };
  await vi.waitFor(
    () =>
      new Promise<void>((resolve, reject) => {
        server.getConnections((_, count) =>
          count === 0 ? resolve() : reject(new Error(`${count} are open`)),
        );
      }),
  );
  const connections = new Connections(running.port);
  try {
    await run(connections);
  } finally {
    connections.closeAll();
  }
}

/** How often a limit refused a connection, as the metrics say. */
async function refusals({ running }: LimitsContext, reason: string): Promise<number> {
  const { text } = await ask(`${running.adminUrl}/metrics`);
  return Number(
    new RegExp(`^portcullis_connections_refused_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text)?.[1],
  );
}

/** The limits of how many connections there may be. */
export const CONNECTION_PROMISES: Readonly<Record<keyof typeof CONNECTION_LIMITS, LimitPromises>> = {
  MAX_CONNECTIONS: (context) => {
    it('closes further connections at once and serves those that stand', () =>
      withConnections(context, async (connections) => {
        const within = [];
        for (const address of [ONE, ONE, TWO, TWO]) within.push(await connections.open(address));

        const beyond = [await connections.open(THREE), await connections.open(THREE)];
        const standing = await connections.again(0);
        connections.close(1);
        const afterwards = await vi.waitFor(async () => {
          const answer = await connections.open(THREE);
          expect(answer).toBe(SERVED);
          return answer;
        });

        expect(within).toEqual([SERVED, SERVED, SERVED, SERVED]);
        expect(beyond).toEqual(['', '']);
        expect([standing, afterwards]).toEqual([SERVED, SERVED]);
      }));

    it('counts each, and warns once a minute', async () => {
      const warnings = await context.running.logged('connections.refused', 1);

      expect(await refusals(context, 'total')).toBeGreaterThanOrEqual(2);
      expect(warnings.filter(({ reason }) => reason === 'total')).toEqual([
        expect.objectContaining({ level: 'warn', reason: 'total', address: THREE }),
      ]);
    });
  },

  MAX_CONCURRENT_STREAMS: (context) => {
    it('is told to the client, and streams within it are served side by side', async () => {
      const held: (() => void)[] = [];
      const { respond } = context.notes;
      context.notes.respond = (_req, res) => held.push(() => res.end('held'));
      const session = connectHttp2(context.running.url);
      const told = new Promise<number | undefined>((resolve) => {
        session.once('remoteSettings', ({ maxConcurrentStreams }) => resolve(maxConcurrentStreams));
      });
      try {
        expect(await told).toBe(3);
        const within = [1, 2, 3].map(() => askOn(session, '/notes/a'));
        await vi.waitFor(() => expect(held).toHaveLength(3));
        // A client of node keeps to what it was told, so the fourth stream waits for one of the others.
        const fourth = askOn(session, '/notes/a');
        for (const answer of held.splice(0)) answer();
        await vi.waitFor(() => expect(held).toHaveLength(1));
        held[0]?.();

        expect((await Promise.all([...within, fourth])).map(({ text }) => text)).toEqual(
          Array(4).fill('held'),
        );
      } finally {
        context.notes.respond = respond;
        session.destroy();
      }
    });
  },

  MAX_CONNECTIONS_PER_ADDRESS: (context) => {
    it('closes further connections of the address at once and leaves others alone', () =>
      withConnections(context, async (connections) => {
        const before = await refusals(context, 'address');

        const within = [await connections.open(ONE), await connections.open(ONE)];
        const beyond = [await connections.open(ONE), await connections.open(ONE)];
        const another = await connections.open(TWO);
        const standing = await connections.again(1);
        connections.close(0);
        const afterwards = await vi.waitFor(async () => {
          const answer = await connections.open(ONE);
          expect(answer).toBe(SERVED);
          return answer;
        });

        expect(within).toEqual([SERVED, SERVED]);
        expect(beyond).toEqual(['', '']);
        expect([another, standing, afterwards]).toEqual([SERVED, SERVED, SERVED]);
        expect((await refusals(context, 'address')) - before).toBeGreaterThanOrEqual(2);
        const warnings = context.running.lines().filter(({ event }) => event === 'connections.refused');
        expect(warnings.filter(({ reason }) => reason === 'address')).toEqual([
          expect.objectContaining({ level: 'warn', address: ONE }),
        ]);
      }));
  },
};
