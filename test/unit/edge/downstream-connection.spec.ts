import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../src/contracts/exchange.js';
import type { GatewayError } from '../../../src/contracts/gateway-error.js';
import { UpstreamResponse } from '../../../src/contracts/upstream-response.js';
import { DownstreamConnection } from '../../../src/edge/downstream-connection.js';
import { Edge } from '../../../src/edge/edge.js';
import { readAll, TestServer } from './exchange.fixture.js';

const socketOf = (): Socket => new EventEmitter() as unknown as Socket;
const exchangeNamed = (name: string): Exchange => ({ name }) as unknown as Exchange;

describe('DownstreamConnection', () => {
  it('tells every exchange in flight, once, that the client left', () => {
    const socket = socketOf();
    const left = vi.fn<(exchange: Exchange, reason: GatewayError) => void>();
    const [one, two, three] = ['one', 'two', 'three'].map(exchangeNamed) as [Exchange, Exchange, Exchange];
    const connection = DownstreamConnection.of(socket, left);
    for (const exchange of [one, two, three]) connection.add(exchange);
    connection.remove(two);

    socket.emit('close');
    socket.emit('close');

    expect(left.mock.calls.map(([exchange]) => exchange)).toEqual([one, three]);
    expect(left.mock.calls.map(([, reason]) => reason.code)).toEqual(['client-closed', 'client-closed']);
  });

  it('forgets the first exchange when it is done and keeps those behind it', () => {
    const socket = socketOf();
    const left = vi.fn();
    const [one, two, three] = ['one', 'two', 'three'].map(exchangeNamed) as [Exchange, Exchange, Exchange];
    const connection = DownstreamConnection.of(socket, left);
    connection.add(one);
    connection.add(two);
    connection.remove(one);
    connection.add(three);
    connection.remove(three);

    socket.emit('close');

    expect(left.mock.calls.map(([exchange]: unknown[]) => exchange)).toEqual([two]);
  });

  it('listens once on a connection, however many requests it carries', () => {
    const socket = socketOf();

    for (let i = 0; i < 50; i++) {
      const connection = DownstreamConnection.of(socket, () => {});
      const exchange = exchangeNamed(String(i));
      connection.add(exchange);
      connection.remove(exchange);
    }

    expect((socket as unknown as EventEmitter).listenerCount('close')).toBe(1);
  });
});

describe('pipelined requests on one connection', () => {
  let server: TestServer | undefined;

  afterEach(async () => {
    await server?.close();
  });

  it('are answered in their order and recorded once each, also when the client leaves between them', async () => {
    const recorded: string[] = [];
    const edge = new Edge({
      limits: { maxUrlBytes: 1_000, maxHeaderCount: 50, maxHeaderBytes: 16_384 },
      trustedProxies: undefined,
      correlate: () => 'corr-1',
      now: () => 0,
      foreignProblem: () => undefined,
      reserved: new Map([
        ['/one', () => UpstreamResponse.json('one')],
        ['/two', () => UpstreamResponse.json('two')],
      ]),
      recorder: {
        started() {},
        finished: (exchange) => void recorded.push(`${exchange.path} ${exchange.status}`),
      },
    });
    // What no reserved path takes stays open: nobody answers it.
    server = await TestServer.start((req, res) => edge.handle(req, res, () => {}));
    const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`;

    const socket = await server.send(request('/one') + request('/two') + request('/open') + request('/open'));
    const text = readAll(socket);
    await vi.waitFor(() => expect([recorded.length, edge.active]).toEqual([2, 2]));
    socket.destroy();
    await edge.idle();

    expect(recorded).toEqual(['/one 200', '/two 200', '/open 499', '/open 499']);
    // The client read the answers in the order of its requests, as far as it stayed.
    expect('"one""two"').toContain(((await text).match(/"(?:one|two)"/g) ?? []).join(''));
    expect(edge.active).toBe(0);
  });
});
