import { Controller, Get, Module } from '@nestjs/common';
import { GatewayModule, SecurityHeaders } from 'portcullis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EchoUpstream } from '../../support/echo.upstream.js';
import { ask } from '../../support/gateway.harness.js';
import { type KongGateway, startKong } from '../../support/kong.gateway.js';
import { sendRaw } from '../../support/raw.client.js';
import { handshake, nextMessage, openSocket } from '../../support/websocket.client.js';

/** Its path is the file's on every other host. */
@Controller({ host: 'code.test', path: 'open' })
@SecurityHeaders({})
class HostController {
  @Get()
  get() {
    return 'code';
  }
}

@Module({ imports: [GatewayModule.forRoot()], controllers: [HostController] })
class HostModule {}

const file = (url: string): string => `
_format_version: "3.0"
services:
  - name: chat
    url: ${url}
    routes:
      - {name: open, paths: [/open], strip_path: false}
      - {name: keyed, paths: [/keyed], plugins: [{name: key-auth}]}
      - name: paged
        paths: [/paged]
        plugins: [{name: cors, config: {origins: ['https://page.test'], credentials: true}}]
consumers:
  - {username: ann, keyauth_credentials: [{key: secret-of-ann}]}
`;

let upstream: EchoUpstream;
let kong: KongGateway;

beforeAll(async () => {
  upstream = await EchoUpstream.start();
  kong = await startKong(file(upstream.url));
});
afterEach(() => {
  for (const socket of upstream.sockets) socket.terminate();
  upstream.requests.length = 0;
});
afterAll(async () => {
  await kong.close();
  await upstream.close();
});

describe('WebSockets on routes of a Kong file', () => {
  it('carries messages, whatever page they come from, and writes the same fields on the 101 (§5)', async () => {
    const { socket, response } = await openSocket(kong.port, '/open/room', { origin: 'https://any.test' });
    socket.send('hello');

    expect(await nextMessage(socket)).toBe('hello');
    const { headers } = response;
    expect(headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(headers['x-kong-request-id']).toBe(upstream.requests.at(-1)?.headers['x-kong-request-id']);
    expect(headers['x-kong-upstream-latency']).toMatch(/^\d+$/);
    expect(headers['x-kong-proxy-latency']).toMatch(/^\d+$/);
    socket.terminate();
  });

  it('gives the 101 what plugins put on answers (§6 cors)', async () => {
    const { socket, response } = await openSocket(kong.port, '/paged', { origin: 'https://page.test' });
    socket.terminate();

    expect(response.headers['access-control-allow-origin']).toBe('https://page.test');
  });

  it('asks for credentials before there is a WebSocket, and tells the upstream who calls (§6 key-auth)', async () => {
    const refused = await sendRaw(kong.port, handshake('/keyed', { 'X-Consumer-Username': 'forged' }));
    const nothing = upstream.requests.length;
    const { socket } = await openSocket(kong.port, '/keyed?apikey=secret-of-ann', {
      headers: { 'X-Consumer-Username': 'forged' },
    });
    socket.terminate();

    expect([refused.status, nothing]).toEqual([401, 0]);
    expect(refused.json()).toMatchObject({ message: 'No API key found in request' });
    expect(upstream.requests.at(-1)?.headers['x-consumer-username']).toBe('ann');
  });

  it('leaves ordinary requests to the same routes alone', async () => {
    expect((await ask(`${kong.url}/open`)).status).toBeLessThan(500);
  });

  it('writes them on a 101 where Express looked for a controller of another host first', async () => {
    const beside = await startKong(file(upstream.url), {
      module: HostModule,
      environment: { JWT_SECRET: 'a'.repeat(32) },
    });

    const { socket, response } = await openSocket(beside.port, '/open', { headers: { Host: 'other.test' } });
    socket.terminate();
    await beside.close();

    expect(response.headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers).not.toHaveProperty('x-frame-options');
  });
});
