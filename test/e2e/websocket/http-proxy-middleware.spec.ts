import { once } from 'node:events';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Options } from 'http-proxy-middleware';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ByteClient } from '../../support/byte.client.js';
import { CertificateAuthority } from '../../support/certificate.authority.js';
import { FrameUpstream } from '../../support/frame.upstream.js';
import { Gate } from '../../support/gate.js';
import { ask, type RunningGateway, startGateway, WAYS } from '../../support/gateway.harness.js';
import { deadPort, type Script, ScriptedUpstream } from '../../support/scripted.upstream.js';
import { webSocketApp } from '../../support/websocket.app.js';
import { handshake, switching } from '../../support/websocket.client.js';

const OPEN: Script = ({ socket }) => socket.write(Buffer.from(switching({}, '\x81\x02hi'), 'latin1'));
const OK: Script = ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

describe.each(WAYS)("a WebSocket through http-proxy-middleware, with the team's own options, %s", (way) => {
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function start(proxy: Options, url?: string): Promise<[RunningGateway, ScriptedUpstream]> {
    const upstream = await ScriptedUpstream.start();
    upstream.script = OPEN;
    const running = await startGateway(webSocketApp('http-proxy-middleware', proxy), {
      way,
      environment: { UPSTREAM_URL: url ?? upstream.url },
    });
    open.push(upstream, running);
    return [running, upstream];
  }

  function shake({ port }: RunningGateway, path = '/chat/room'): ByteClient {
    const client = new ByteClient(port).send(handshake(path));
    open.push(client);
    return client;
  }

  /** The process lives, and serves the next request right. */
  async function expectAlive({ url }: RunningGateway, upstream: ScriptedUpstream): Promise<void> {
    upstream.script = OK;
    await expect(ask(`${url}/chat/after`)).resolves.toMatchObject({ status: 200, text: 'ok' });
  }

  it('goes where headers, pathRewrite and the hook for handshakes say', async () => {
    const [running, upstream] = await start({
      headers: { 'X-From-Options': 'yes' },
      pathRewrite: { '^/chat': '/old' },
      on: { proxyReqWs: (proxyReq) => proxyReq.setHeader('X-From-Hook', 'yes') },
    });

    await shake(running).receives('\x81\x02hi');

    const [{ head } = { head: '' }] = upstream.requests;
    expect(head).toMatch(/^GET \/old\/room HTTP\/1\.1\r\n/);
    expect(head).toMatch(/X-From-Options: yes\r\n/i);
    expect(head).toMatch(/X-From-Hook: yes\r\n/i);
    expect(head).toMatch(/X-Forwarded-For: 127\.0\.0\.1\r\n/i);
  });

  it('goes to the target that a router picks', async () => {
    const elsewhere = await ScriptedUpstream.start();
    elsewhere.script = OPEN;
    open.push(elsewhere);
    const [running, upstream] = await start({ router: () => elsewhere.url });

    await shake(running).receives('\x81\x02hi');

    expect([elsewhere.requests.length, upstream.requests.length]).toEqual([1, 0]);
  });

  it('is a 404 when pathFilter leaves it alone, and opens when not', async () => {
    const [running, upstream] = await start({ pathFilter: ['/chat/room', '/chat/after'] });

    const refused = await shake(running, '/chat/other').end();
    await shake(running).receives('\x81\x02hi');

    expect(refused).toMatch(/^HTTP\/1\.1 404 /);
    expect(refused).toContain('"code":"route-not-found"');
    expect(upstream.requests).toHaveLength(1);
  });

  it.each<[string, Options]>([
    ['the hook for handshakes', { on: { proxyReqWs: fail } }],
    ['a router', { router: fail }],
    ['a rewrite', { pathRewrite: fail }],
  ])('is a problem and nothing worse when %s fails', async (_, proxy) => {
    const [running, upstream] = await start(proxy);

    const answer = await shake(running).end();

    expect(answer).toMatch(/^HTTP\/1\.1 50[02] /);
    expect(answer).not.toContain('a slip in a hook');
    expect(upstream.requests).toHaveLength(0);
    if (proxy.on !== undefined) await expectAlive(running, upstream);
  });

  it.each<[string, Options]>([
    ['opening', { on: { open: fail } }],
    ['closing', { on: { close: fail } }],
    ['errors', { on: { error: fail } }],
  ])('survives a hook for %s that fails', async (_, proxy) => {
    const [running, upstream] = await start(proxy);
    const closing = new Gate<Socket>();
    upstream.script = (request) => {
      OPEN(request);
      closing.open(request.socket);
    };

    const client = shake(running);
    (await closing.opened).resetAndDestroy();
    await client.end();

    await expectAlive(running, upstream);
  });

  it('is answered by an error hook that writes an answer, else by a problem that tells no address', async () => {
    const port = await deadPort();
    const answers = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nX-Hook: yes\r\n\r\nlater';
    const [hooked] = await start(
      { on: { error: (_error, _req, socket) => void (socket as Socket).end(answers) } },
      `http://127.0.0.1:${port}`,
    );
    const [plain] = await start({}, `http://127.0.0.1:${port}`);

    const [byHook, byProblem] = await Promise.all([shake(hooked).end(), shake(plain).end()]);

    expect(byHook).toMatch(/^HTTP\/1\.1 503 .*X-Hook: yes.*later$/s);
    expect(byProblem).toMatch(/^HTTP\/1\.1 502 /);
    expect(byProblem).toContain('"code":"upstream-unreachable"');
    expect(byProblem).not.toContain(String(port));
  });

  it('lets go of the upstream when the client leaves before it is answered', async () => {
    const [running, upstream] = await start({});
    const asked = new Gate<Socket>();
    upstream.script = ({ socket }) => asked.open(socket);
    const client = shake(running);
    const socket = await asked.opened;
    const closed = once(socket, 'close');

    client.close();

    await closed;
  });

  it.each<[string, (client: ByteClient) => void]>([
    ['hangs up', (client) => client.socket.end()],
    ['is cut', (client) => client.socket.destroy()],
    ['resets', (client) => client.socket.resetAndDestroy()],
  ])('lets go of the upstream when the client of a tunnel %s', async (_, leave) => {
    const [running, upstream] = await start({});
    const asked = new Gate<Socket>();
    upstream.script = (request) => {
      OPEN(request);
      asked.open(request.socket);
    };
    const client = shake(running);
    await client.receives('\x81\x02hi');
    const closed = once(await asked.opened, 'close');

    leave(client);

    await closed;
  });

  it("never sends a request on a connection that was asked for an upgrade, with a team's agent neither", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    open.push({ close: () => agent.destroy() });
    const [running, upstream] = await start({ agent });
    upstream.script = OK;

    await shake(running).end();
    await ask(`${running.url}/chat/after`);

    expect(upstream.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  it('is a 502 when interim answers do not end', async () => {
    const [running, upstream] = await start({});
    upstream.script = ({ socket }) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000));

    const answer = await shake(running).end();

    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    await expectAlive(running, upstream);
  });

  describe('over TLS', () => {
    const authority = new CertificateAuthority();
    const agents: TlsAgent[] = [];

    afterAll(() => {
      for (const agent of agents) agent.destroy();
    });

    it('opens where the certificate holds, and nowhere else', async () => {
      const upstream = await FrameUpstream.start(authority.issue('legacy', { names: ['127.0.0.1'] }));
      open.push(upstream);
      upstream.onTunnel = (_path, socket) => void socket.pipe(socket);
      const agent = new TlsAgent({ ca: authority.cert });
      agents.push(agent);
      const [trusting] = await start({ agent }, upstream.url);
      const [strict] = await start({}, upstream.url);

      const client = shake(trusting);
      await client.receives('\r\n\r\n');
      const echoed = await client.send('\x82\x81\0\0\0\0!').receives('!');
      const refused = await shake(strict).end();

      expect(echoed.endsWith('\x82\x81\0\0\0\0!')).toBe(true);
      expect(refused).toMatch(/^HTTP\/1\.1 502 /);
    });
  });
});

function fail(): never {
  throw new Error('a slip in a hook');
}
