import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { ask } from '../../support/gateway.harness.js';
import { askOn } from '../../support/http2.asker.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { nextMessage, openSocket } from '../../support/websocket.client.js';

let one: RecordingUpstream;
let two: RecordingUpstream;
let sockets: WebSocketServer;
let kong: KongGateway;

beforeAll(async () => {
  one = await RecordingUpstream.start();
  two = await RecordingUpstream.start();
  const server = createServer();
  sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => socket.send(`echo ${(data as Buffer).toString()}`)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socketPort = (server.address() as AddressInfo).port;
  kong = await startKong(`
_format_version: "3.0"
upstreams:
  - name: pool
    host_header: shop.internal:8080
    targets:
      - {target: "127.0.0.1:${one.port}", weight: 30}
      - {target: "127.0.0.1:${two.port}", weight: 10}
      - {target: "127.0.0.1:9", weight: 0}
  - name: empty
    targets: [{target: "127.0.0.1:9", weight: 0}]
  - name: half-dead
    targets:
      - {target: "127.0.0.1:9"}
      - {target: "127.0.0.1:${one.port}"}
services:
  - {name: pooled, host: pool, routes: [{name: pooled, paths: [/pooled]}]}
  - {name: empty, host: empty, routes: [{name: empty, paths: [/empty]}]}
  - {name: half-dead, host: half-dead, retries: 1, routes: [{name: half-dead, paths: [/half-dead]}]}
  - {name: slow, url: "${one.url}", read_timeout: 60, retries: 2, routes: [{name: slow, paths: [/slow]}]}
  - {name: sockets, url: "http://127.0.0.1:${socketPort}", routes: [{name: sockets, paths: [/sockets], plugins: [{name: key-auth}]}]}
consumers: [{username: ann, keyauth_credentials: [{key: k}]}]
`);
});
beforeEach(() => {
  for (const upstream of [one, two]) {
    upstream.received.length = 0;
    upstream.respond = (_req, res) => void res.end('{}');
  }
});
afterAll(async () => {
  await kong.close();
  await one.close();
  await two.close();
  sockets.close();
});

describe('the services of a Kong file', () => {
  it('spreads calls over the targets of an upstream by weight; 0 takes none (§2 targets)', async () => {
    for (let i = 0; i < 8; i++) expect((await ask(`${kong.url}/pooled`)).status).toBe(200);

    expect([one.received.length, two.received.length]).toEqual([6, 2]);
  });

  it('calls the targets by the host_header of the upstream (§2 upstreams)', async () => {
    await ask(`${kong.url}/pooled`);

    expect([...one.received, ...two.received][0]?.headers.host).toBe('shop.internal:8080');
  });

  it('answers 503 where no target has a weight', async () => {
    const answer = await ask(`${kong.url}/empty`);

    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ message: 'failure to get a peer from the ring-balancer' });
  });

  it('tries another target where one refuses connections (§2 retries)', async () => {
    for (let i = 0; i < 4; i++)
      expect((await ask(`${kong.url}/half-dead`, { method: 'POST' })).status).toBe(200);

    expect(one.received.length).toBe(4);
  });

  it('waits for an answer as long as read_timeout, and asks again where that may be (§2 retries)', async () => {
    one.respond = () => {};

    const answer = await ask(`${kong.url}/slow`);

    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ message: 'The upstream server is timing out' });
    expect(one.received.length).toBe(3);
  });

  it('asks once for what may not be sent twice', async () => {
    one.respond = () => {};

    expect((await ask(`${kong.url}/slow`, { method: 'POST', body: 'x' })).status).toBe(504);
    expect(one.received.length).toBe(1);
  });

  it('joins WebSockets behind the plugins of the route', async () => {
    await expect(openSocket(kong.port, '/sockets')).rejects.toThrow('401');
    const { socket } = await openSocket(kong.port, '/sockets?apikey=k', { origin: 'https://elsewhere.test' });

    socket.send('hello');

    expect(await nextMessage(socket)).toBe('echo hello');
    socket.terminate();
  });

  it('serves clients that speak HTTP/2', async () => {
    const session = connect(kong.url);

    const answer = await askOn(session, '/pooled/a');

    expect(answer.status).toBe(200);
    expect([...one.received, ...two.received][0]?.url).toBe('/a');
    session.close();
  });

  it('shows them at the admin port with their targets', async () => {
    const upstreams = (await ask(`${kong.adminUrl}/upstreams`)).json() as {
      name: string;
      targets: unknown[];
    }[];

    expect(upstreams.map(({ name }) => name)).toEqual(['pooled', 'half-dead', 'slow', 'sockets']);
    expect(upstreams[0]?.targets).toHaveLength(3);
  });
});
