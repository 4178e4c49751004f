import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { LONG } from '../support/proof-size.js';
import { RawClient } from '../support/raw.client.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const GETS = LONG ? 10_000 : 1_000;
const CLIENTS = 20;
const KEEP_ALIVE_MS = 5;
const LIMIT_MS = LONG ? 120_000 : 30_000;

describe(`${GETS} GETs to an upstream that keeps its connections for ${KEEP_ALIVE_MS} ms`, () => {
  const upstream = createServer((_req, res) => res.end('ok'));
  upstream.keepAliveTimeout = KEEP_ALIVE_MS;
  // Node adds a second of grace, which upstreams that are not Node do not.
  upstream.keepAliveTimeoutBuffer = 0;
  let service: ServiceProcess;
  let port: number;

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        ACCESS_LOG: 'off',
      },
      channel: true,
    });
    ({ port } = await service.addresses());
  });

  afterAll(async () => {
    await service.kill();
    upstream.closeAllConnections();
    upstream.close();
  });

  it.each(['compiled', 'interpreted', 'legacy'])(
    '[138] are all answered the %s way',
    async (way) => {
      const counts = new Map<number, number>();
      const one = async (offset: number): Promise<void> => {
        const client = new RawClient(port);
        for (let i = 0; i < GETS / CLIENTS; i++) {
          const { status } = await client.send(`GET /${way}/x HTTP/1.1\r\nHost: gw\r\n\r\n`).answer();
          counts.set(status, (counts.get(status) ?? 0) + 1);
          // Around the upstream's patience, where both ends may move at once.
          await pass(KEEP_ALIVE_MS - 2 + ((i * 7 + offset * 3) % 5));
        }
        client.close();
      };

      await Promise.all(Array.from({ length: CLIENTS }, (_, offset) => one(offset)));

      expect(Object.fromEntries(counts)).toEqual({ 200: GETS });
    },
    LIMIT_MS,
  );
});
