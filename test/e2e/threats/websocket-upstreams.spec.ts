import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { ask, type RunningGateway, startGateway } from '../../support/gateway.harness.js';
import { ScriptedUpstream } from '../../support/scripted.upstream.js';
import { WEBSOCKET_WAYS, webSocketApp } from '../../support/websocket.app.js';
import { HANDSHAKE_ACCEPT, handshake, switching } from '../../support/websocket.client.js';

const OFFER = {
  'Sec-WebSocket-Protocol': 'chat, superchat',
  'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
};

describe.each(WEBSOCKET_WAYS)(
  'an upstream that answers a handshake as it should not, %s, through %s',
  (way, carrier) => {
    let upstream: ScriptedUpstream;
    let running: RunningGateway;

    beforeAll(async () => {
      upstream = await ScriptedUpstream.start();
      running = await startGateway(webSocketApp(carrier), {
        way,
        environment: { UPSTREAM_URL: upstream.url },
      });
    });

    beforeEach(() => {
      upstream.requests.length = 0;
      upstream.onConnection = () => {};
    });

    afterAll(async () => {
      await running.close();
      await upstream.close();
    });

    const answered = (bytes: string): void => {
      upstream.script = ({ socket }) => socket.write(Buffer.from(bytes, 'latin1'));
    };

    async function shake(fields = {}): Promise<ByteClient> {
      return new ByteClient(running.port).send(handshake('/chat/room', fields));
    }

    /** The process lives, and serves the next request right. */
    async function expectAlive(): Promise<void> {
      upstream.script = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await expect(ask(`${running.url}/chat/after`)).resolves.toMatchObject({ status: 200, text: 'ok' });
    }

    it.each<[string, string]>([
      ['without Accept', switching({ 'Sec-WebSocket-Accept': undefined })],
      [
        'with the Accept of another key',
        switching({ 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }),
      ],
      ['with two Accepts', switching({ 'sec-websocket-accept': HANDSHAKE_ACCEPT })],
      ['whose Connection takes Accept away', switching({ Connection: 'Upgrade, Sec-WebSocket-Accept' })],
      ['without Upgrade', switching({ Upgrade: undefined })],
      ['to another protocol', switching({ Upgrade: 'h2c' })],
      ['to two protocols', switching({ Upgrade: 'websocket, h2c' })],
      ['without Connection', switching({ Connection: undefined })],
      ['with a Connection that names something else', switching({ Connection: 'keep-alive' })],
      ['with a subprotocol nobody offered', switching({ 'Sec-WebSocket-Protocol': 'other' })],
      ['with two subprotocols', switching({ 'Sec-WebSocket-Protocol': 'chat, superchat' })],
      [
        'with an extension nobody offered',
        switching({ 'Sec-WebSocket-Extensions': 'x-webkit-deflate-frame' }),
      ],
      ['with a length', switching({ 'Content-Length': '5' }, 'hello')],
      ['with chunks', switching({ 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n')],
      ['with a NUL in it', switching({ 'X-A': 'a\0b' })],
      ['with a folded line', switching({ 'X-A': 'a\r\n b' })],
      ['with 5,000 fields', switching({ 'X-A': `a\r\n${'X-B: b\r\n'.repeat(5_000)}X-C: c` })],
      ['over HTTP/1.0', switching().replace('HTTP/1.1', 'HTTP/1.0')],
      ['that is no HTTP', '101 hello\r\n\r\n'],
    ])('[127] is a 502 after a 101 %s', async (_, bytes) => {
      answered(bytes);
      const client = await shake(OFFER);

      const answer = await client.end();
      client.close();

      expect(answer).toMatch(/^HTTP\/1\.1 502 /);
      expect(answer).toContain('"code":"upstream-protocol"');
      expect(answer).not.toContain('hello\x81');
      await expectAlive();
    });

    it('[127] is a 502 when a plain request is answered with a 101', async () => {
      answered(switching());

      const answer = await ask(`${running.url}/chat/room`);

      expect(answer.status).toBe(502);
      await expectAlive();
    });

    it('passes a 101 that is right to the letter, with its own fields', async () => {
      answered(
        switching(
          {
            'Sec-WebSocket-Protocol': 'superchat',
            'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=12',
            'Set-Cookie': 'a=b',
            'Keep-Alive': 'timeout=5',
            'X-Correlation-ID': 'not-yours',
          },
          '\x81\x02hi',
        ),
      );
      const client = await shake(OFFER);

      const text = await client.receives('\x81\x02hi');
      client.close();

      expect(text).toMatch(
        /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/,
      );
      // http-proxy-middleware spells names as node:http does.
      expect(text).toMatch(/Sec-WebSocket-Protocol: superchat\r\n/i);
      expect(text).toMatch(/Set-Cookie: a=b\r\n/i);
      expect(text).not.toMatch(/Keep-Alive/i);
      expect(text).not.toContain('not-yours');
    });

    it('passes a refusal as it came, and nothing that the client sent behind the handshake', async () => {
      answered('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nX-Why: so\r\n\r\nnope');
      const behind = 'GET /chat/smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n';
      const client = await shake();
      client.send(behind);

      const answer = await client.end();
      client.close();

      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toMatch(/X-Why: so/i);
      expect(answer.endsWith('nope')).toBe(true);
      expect(upstream.requests.map(({ head }) => head.split(' ')[1])).toEqual(['/chat/room']);
      await expectAlive();
    });

    it('[10] never serves another request on a connection that was asked for an upgrade', async () => {
      answered('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      const first = await shake();
      await first.end();
      first.close();
      const [{ connection } = { connection: -1 }] = upstream.requests;
      await Promise.all(Array.from({ length: 4 }, () => ask(`${running.url}/chat/after`)));

      expect(upstream.requests.filter((request) => request.connection === connection)).toHaveLength(1);
    });

    it('[10] refuses an upgrade with a body before it reaches anybody', async () => {
      const client = await shake({ 'Content-Length': '30' });
      client.send('GET /chat/smuggled HTTP/1.1\r\n\r\n');

      const answer = await client.end();
      client.close();

      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(upstream.requests).toHaveLength(0);
    });

    it.each<[string, () => void, number, string]>([
      ['hangs up', () => (upstream.script = ({ socket }) => socket.end()), 502, 'upstream-reset'],
      ['resets', () => (upstream.script = ({ socket }) => socket.resetAndDestroy()), 502, 'upstream-reset'],
      ['says nothing', () => (upstream.script = () => {}), 504, 'upstream-timeout'],
      [
        'stops in the middle of its head',
        () => (upstream.script = ({ socket }) => socket.write('HTTP/1.1 101 Swi')),
        504,
        'upstream-timeout',
      ],
    ])('answers a problem when the upstream %s', async (_, script, status, code) => {
      script();
      const client = await shake();

      const answer = await client.end();
      client.close();

      expect(answer).toContain(`HTTP/1.1 ${status} `);
      expect(answer).toContain(`"code":"${code}"`);
      await expectAlive();
    });

    it.each<[string, string]>([
      ['a length with its top bit set', '\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff'],
      ['a length of 2⁶²', '\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00abc'],
      ['a control frame that is too long', '\x89\x7e\xff\xffabc'],
      ['reserved bits and opcodes', '\xff\x03abc\xf3\x00'],
      ['what is no frame at all', 'HTTP/1.1 200 OK\r\n\r\n'],
    ])('[100] relays what is no proper frame: %s', async (_, bytes) => {
      answered(switching({}, bytes));
      const client = await shake();

      const text = await client.receives(bytes);
      client.close();

      expect(text.endsWith(bytes)).toBe(true);
      await expectAlive();
    });

    it('[100] relays window bits that cannot be', async () => {
      answered(switching({ 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99999' }));
      const client = await shake(OFFER);

      const text = await client.receives('\r\n\r\n');
      client.close();

      expect(text).toContain('server_max_window_bits=99999');
      await expectAlive();
    });

    it('tells a tunnel whose upstream breaks in the log, and not as a client that left', async () => {
      upstream.script = ({ socket }) => {
        socket.write(Buffer.from(switching({}, '\x81\x02hi'), 'latin1'), () => socket.resetAndDestroy());
      };
      const client = new ByteClient(running.port).send(handshake('/chat/broken'));

      await client.end();
      client.close();

      await expect
        .poll(() => running.lines().find(({ path }) => path === '/chat/broken'))
        .toMatchObject({ status: 101 });
      await expectAlive();
    });
  },
);
