import { once } from 'node:events';
import { createServer } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningGateway, startGateway } from '../support/gateway.harness.js';
import { PlainModule } from '../support/plain.gateway.js';

const IDLE_MS = 400;
const ANSWER_MS = 900;

describe('an HTTP/2 connection without requests', () => {
  const upstream = createServer((_request, response) => setTimeout(() => response.end('late'), ANSWER_MS));
  let gateway: RunningGateway;

  beforeAll(async () => {
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    const { port } = upstream.address() as AddressInfo;
    gateway = await startGateway(PlainModule, {
      way: 'compiled',
      environment: {
        UPSTREAM_URL: `http://127.0.0.1:${port}`,
        KEEP_ALIVE_TIMEOUT_MS: String(IDLE_MS),
        LOG_LEVEL: 'silent',
      },
    });
  });

  afterAll(async () => {
    await gateway.close();
    upstream.close();
  });

  const open = async (): Promise<ClientHttp2Session> => {
    const session = connect(gateway.url).on('error', () => {});
    await once(session, 'remoteSettings');
    return session;
  };

  /** How long it takes from now on until the gateway closes it. */
  const standsFor = async (session: ClientHttp2Session): Promise<number> => {
    const startedAt = performance.now();
    await once(session, 'close');
    return performance.now() - startedAt;
  };

  it('is closed when its idle time is over', async () => {
    const ms = await standsFor(await open());

    expect(ms).toBeGreaterThan(IDLE_MS / 2);
    expect(ms).toBeLessThan(5 * IDLE_MS);
  });

  it('stands for as long as a request takes, and its idle time behind it', async () => {
    const session = await open();
    const standing = standsFor(session);

    const [fields] = await once(session.request({ ':path': '/c/slow' }).resume(), 'response');

    expect(fields[':status']).toBe(200);
    expect(await standing).toBeGreaterThan(ANSWER_MS + IDLE_MS / 2);
  });

  it('stands for as long as its client pings', async () => {
    const session = await open();
    for (let i = 0; i < 6; i++) {
      await delay(IDLE_MS / 2);
      expect(session.ping(() => {})).toBe(true);
    }

    expect(await standsFor(session)).toBeGreaterThan(IDLE_MS / 2);
  });
});
