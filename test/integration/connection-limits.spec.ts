import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, BlockList, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limitConnections } from '../../src/edge/connection-limits.js';
import { expectProxyHeaders } from '../../src/edge/proxy-header.gate.js';

const GET = 'GET / HTTP/1.1\r\nHost: gw\r\n\r\n';

describe('connections per address behind a balancer that speaks the PROXY protocol', () => {
  const refused = vi.fn();
  const sockets: Socket[] = [];
  let server: Server;

  beforeEach(async () => {
    refused.mockClear();
    server = createServer((_req, res) => res.end('ok'));
    const trusted = new BlockList();
    trusted.addAddress('127.0.0.1');
    limitConnections([server], { maxConnections: 0, maxConnectionsPerAddress: 1 }, refused);
    expectProxyHeaders(server, {
      trusted,
      timeoutMs: 1_000,
      now: () => performance.now(),
      refused: () => {},
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Whether a client that the balancer announces is served. */
  async function isServed(client: string): Promise<boolean> {
    const family = client.includes(':') ? 'TCP6' : 'TCP4';
    const reached = family === 'TCP6' ? '2001:db8::80' : '192.0.2.80';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(`PROXY ${family} ${client} ${reached} 40000 80\r\n${GET}`);
    return new Promise((resolve) => {
      socket.once('data', () => resolve(true));
      socket.once('close', () => resolve(false));
    });
  }

  it('are counted by the client it announces', async () => {
    const served = [await isServed('192.0.2.1'), await isServed('192.0.2.2'), await isServed('192.0.2.1')];

    expect(served).toEqual([true, true, false]);
    expect(refused.mock.calls).toEqual([['address', '192.0.2.1']]);
  });

  it('are one client for all addresses of a /64', async () => {
    const served = [
      await isServed('2001:db8:0:1::1'),
      await isServed('2001:db8:0:2::1'),
      await isServed('2001:db8:0:1:ffff::9'),
    ];

    expect(served).toEqual([true, true, false]);
  });

  it('are free again when the client has left', async () => {
    await isServed('192.0.2.1');
    sockets[0]?.destroy();

    await vi.waitFor(async () => expect(await isServed('192.0.2.1')).toBe(true));
  });
});
