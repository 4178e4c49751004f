import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
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
    socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`)),
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
  - name: sticky
    hash_on: cookie
    hash_on_cookie: sid
    hash_on_cookie_path: /sticky
    targets: [{target: "127.0.0.1:${one.port}"}, {target: "127.0.0.1:${two.port}"}]
  - name: by-header
    hash_on: header
    hash_on_header: x-shop
    hash_fallback: ip
    targets: [{target: "127.0.0.1:${one.port}"}, {target: "127.0.0.1:${two.port}"}]
  - name: least
    algorithm: least-connections
    targets: [{target: "127.0.0.1:${one.port}"}, {target: "127.0.0.1:${two.port}"}]
  - name: empty
    targets: [{target: "127.0.0.1:9", weight: 0}]
  - name: half-dead
    targets:
      - {target: "127.0.0.1:9"}
      - {target: "127.0.0.1:${one.port}"}
services:
  - {name: pooled, host: pool, routes: [{name: pooled, paths: [/pooled]}]}
  - {name: sticky, host: sticky, routes: [{name: sticky, paths: [/sticky]}]}
  - {name: by-header, host: by-header, routes: [{name: by-header, paths: [/by-header]}]}
  - {name: least, host: least, routes: [{name: least, paths: [/least]}]}
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

  it('leads a client with a cookie to the same target (§2 hash_on)', async () => {
    const first = await ask(`${kong.url}/sticky`);
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^sid=[0-9a-f-]{36}; Path=\/sticky$/);
    const chosen = one.received.length === 1 ? one : two;

    for (let i = 0; i < 6; i++) {
      const again = await ask(`${kong.url}/sticky`, { headers: { Cookie: cookie.split(';')[0] as string } });
      expect(again.headers['set-cookie']).toBeUndefined();
    }

    expect(chosen.received.length).toBe(7);
  });

  it('leads requests to targets by a header, both of them in the long run (§2 hash_on)', async () => {
    for (let i = 0; i < 3; i++) await ask(`${kong.url}/by-header`, { headers: { 'X-Shop': 'berlin' } });
    expect([one.received.length, two.received.length].toSorted((a, b) => a - b)).toEqual([0, 3]);

    for (let i = 0; i < 20; i++) await ask(`${kong.url}/by-header`, { headers: { 'X-Shop': `shop ${i}` } });
    expect(Math.min(one.received.length, two.received.length)).toBeGreaterThan(0);
  });

  it('sends requests to where fewest are under way (§2 algorithm)', async () => {
    let release = (): void => {};
    one.respond = (_req, res) => {
      release = () => void res.end('{}');
    };
    // Targets that are level take turns, so one of the first two waits.
    const waiting = [ask(`${kong.url}/least`), ask(`${kong.url}/least`)];
    await vi.waitFor(() => expect(one.received.length + two.received.length).toBe(2));

    for (let i = 0; i < 4; i++) await ask(`${kong.url}/least`);

    expect([one.received.length, two.received.length]).toEqual([1, 5]);
    release();
    await Promise.all(waiting);
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

    expect(upstreams.map(({ name }) => name)).toEqual([
      'pooled',
      'sticky',
      'by-header',
      'least',
      'half-dead',
      'slow',
      'sockets',
    ]);
    expect(upstreams[0]?.targets).toHaveLength(3);
  });
});
