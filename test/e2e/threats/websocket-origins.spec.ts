import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { FrameUpstream } from '../../support/frame.upstream.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { webSocketApp } from '../../support/websocket.app.js';
import { handshake } from '../../support/websocket.client.js';

describe.each(WAYS)('a page of a browser that opens a WebSocket, %s', (way) => {
  let upstream: FrameUpstream;
  let running: RunningGateway;
  let tunnels = 0;

  beforeAll(async () => {
    upstream = await FrameUpstream.start();
    upstream.onTunnel = () => tunnels++;
    running = await startGateway(webSocketApp(), {
      way,
      environment: { UPSTREAM_URL: upstream.url, TRUSTED_PROXIES: '127.0.0.0/8' },
    });
  });

  beforeEach(() => {
    tunnels = 0;
  });

  afterAll(async () => {
    await running.close();
    await upstream.close();
  });

  /** The answer to a handshake, as far as its head goes. */
  async function shake(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const client = new ByteClient(running.port).send(handshake(path, fields));
    const answer = await client.receives('\r\n\r\n');
    const whole = answer.startsWith('HTTP/1.1 101 ') ? answer : await client.end();
    client.close();
    return whole;
  }

  it.each([
    ['a page of the host it asks', 'room', { Origin: 'https://gateway', Host: 'gateway' }],
    [
      'the port of its scheme written out in Host',
      'room',
      { Origin: 'https://gateway', Host: 'Gateway:443' },
    ],
    ['a page without TLS, of the same port', 'room', { Origin: 'http://gateway:8080', Host: 'gateway:8080' }],
    ['an address', 'room', { Origin: 'http://[::1]:8080', Host: '[::1]:8080' }],
    [
      'the host that a trusted proxy was asked for',
      'room',
      { Origin: 'https://app.example', Host: 'inner', 'X-Forwarded-Host': 'app.example' },
    ],
    ['no page', 'pages', {}],
    ['a page of the list', 'pages', { Origin: 'https://app.example' }],
    ['a page below a name of the list', 'pages', { Origin: 'https://a.b.app.example' }],
    ['a page below a name, with its port', 'pages', { Origin: 'https://a.local.example:8443' }],
    ['any page where all may', 'anywhere', { Origin: 'https://evil.example' }],
    ['a page of no origin where all may', 'anywhere', { Origin: 'null' }],
  ])('is served: %s', async (_, path, fields) => {
    const answer = await shake(`/chat/${path}`, fields as Record<string, string>);

    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  });

  const strange = [
    'null',
    '',
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://evil-app.example',
    'https://evilapp.example',
    'https://.app.example',
    'https://a..app.example',
    'https://*.app.example',
    'https://evil.example/.app.example',
    'https://evil.example#.app.example',
    'https://evil.example?.app.example',
    'https://evil.example:1.app.example',
    'https://user@app.example',
    'https://evil.example\\.app.example',
    'https://app.example/',
    'https://app.example.',
    'https://a.local.example',
    'app.example',
    'https://app.example https://evil.example',
    'https://app.example, https://evil.example',
  ];

  it.each(strange)('is refused where a list stands: %j', async (origin) => {
    const answer = await shake('/chat/pages', { Origin: origin });

    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('Content-Type: application/problem+json');
    expect(answer).toContain('"code":"forbidden"');
    expect(answer).toContain('"policy":"websocket"');
    expect(tunnels).toBe(0);
  });

  it.each([
    ['https://evil.example', 'gateway'],
    ['https://gateway:8443', 'gateway'],
    ['https://gateway', 'gateway:8443'],
    ['https://gateway', 'gateway:80'],
    ['https://gateway.evil.example', 'gateway'],
    ['https://sub.gateway', 'gateway'],
    ['null', 'gateway'],
    ['', 'gateway'],
    ['https://*.gateway', '*.gateway'],
  ])('is refused where nothing is declared: %j, which asks %s', async (origin, host) => {
    const answer = await shake('/chat/room', { Origin: origin, Host: host });

    // The last one has a Host that nobody can have.
    expect(answer).toMatch(host.includes('*') ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 403 /);
    expect(tunnels).toBe(0);
  });

  it('is refused with two origins, whatever they are', async () => {
    const answer = await shake('/chat/pages', {
      Origin: 'https://app.example',
      origin: 'https://app.example',
    });

    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(tunnels).toBe(0);
  });

  it('is asked of handshakes only', async () => {
    const answer = await ask(`${running.url}/nowhere`, { headers: { Origin: 'https://evil.example' } });

    expect(answer.status).toBe(404);
  });
});
