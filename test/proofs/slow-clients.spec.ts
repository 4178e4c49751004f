import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { needs } from '../support/component.js';
import { WAYS } from '../support/gateway.harness.js';
import { asksMeanwhile } from '../support/ordinary.client.js';
import { LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { attack } from '../support/slow.attack.js';

const slowhttptest = needs('slowhttptest');

const MIB = 1024 * 1024;
const CONNECTIONS = 400;
/** Longer than the timeouts, so that the clients are sent away before they have had enough. */
const SECONDS = LONG ? 60 : 12;
/** Those of others, that come and go. */
const FEW = 5;
const LOOK_MS = 100;
/** The defaults, and shorter ones that strike while a test waits. */
const TIMEOUTS = LONG
  ? { WRITE_TIMEOUT_MS: '10000' }
  : { HEADERS_TIMEOUT_MS: '1500', BODY_GRACE_MS: '1000', WRITE_TIMEOUT_MS: '1500' };
const LARGE = Buffer.alloc(8 * MIB, 'x');
const RISE_LIMIT_BYTES = 64 * MIB;
/** What people wait for without giving up. Attackers, upstream and clients share this machine with the gateway. */
const PROMPT_MS = 5_000;
const LIMIT_MS = (SECONDS + 20) * 1_000;

interface Held {
  readonly downstream: number;
}

// The door is the same for both; the short form goes through it once.
slowhttptest.describe.each(LONG ? WAYS : [WAYS[0]])(`${CONNECTIONS} slow clients, the %s way,`, (way) => {
  const upstream = createServer((req, res) => res.end(req.url === '/up/large' ? LARGE : 'ok'));
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        ...TIMEOUTS,
        UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        ACCESS_LOG: 'off',
        // Looking holds the gateway up: seldom, or it would be us who make it slow.
        PROOF_SAMPLE_MS: '1000',
      },
      nodeArguments: ['--expose-gc'],
      channel: true,
    });
    url = `${(await service.addresses()).url}/${way}`;
  });

  beforeEach(() => service.ask('measure'));

  afterAll(async () => {
    await service.kill();
    upstream.closeAllConnections();
    upstream.close();
  });

  it.each([
    ['[84] that never end their headers', 'headers', '/small'],
    ['[85] that never end their bodies', 'bodies', '/small'],
    ['[86] that hardly read', 'reads', '/large'],
  ] as const)(
    '%s are all closed on, and others are served as ever meanwhile',
    async (_, kind, path) => {
      const attacking = attack(slowhttptest.path as string, kind, url + path, {
        connections: CONNECTIONS,
        seconds: SECONDS,
      });
      const staying = stayMs(service, attacking);

      const { result, outcomes, slowestMs } = await asksMeanwhile(`${url}/small`, attacking);

      expect(result).toBe('available');
      expect(await staying).toBeLessThan((SECONDS - 1) * 1_000);
      expect(new Set(outcomes)).toEqual(new Set(['200']));
      expect(slowestMs).toBeLessThan(PROMPT_MS);
      expect(await service.ask<number>('rise')).toBeLessThan(RISE_LIMIT_BYTES);
      expect(service.stderr).toBe('');
    },
    LIMIT_MS,
  );
});

/** How long slow clients stayed connected: until there are only others, or none of them is left to try. */
async function stayMs(service: ServiceProcess, attacking: Promise<unknown>): Promise<number> {
  const start = performance.now();
  let over = false;
  let most = 0;
  void attacking.finally(() => {
    over = true;
  });
  while (!over) {
    const { downstream } = await service.ask<Held>('held');
    most = Math.max(most, downstream);
    if (most > CONNECTIONS / 10 && downstream <= FEW) break;
    await pass(LOOK_MS);
  }
  return performance.now() - start;
}
