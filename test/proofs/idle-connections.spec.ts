import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { WAYS } from '../support/gateway.harness.js';
import { IdleCrowd } from '../support/idle.crowd.js';
import { LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';
import { untilClosed } from '../support/threats.fixture.js';

const CONNECTIONS = LONG ? 10_000 : 2_000;
/** As many as warm the process up: what its first requests make it take is no connection's. */
const WARMING_REQUESTS = 20_000;
const LIMIT_BYTES = 12 * 1024;
const LIMIT_MS = LONG ? 120_000 : 60_000;

/** What the kernel says the process has in memory. */
function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

// Resident memory is read where Linux tells it.
describe.runIf(process.platform === 'linux').each(WAYS)(`${CONNECTIONS} idle connections, %s,`, (way) => {
  const upstream = createServer((_req, res) => res.end('ok'));
  const request = `GET /${way}/x HTTP/1.1\r\nHost: gw\r\n\r\n`;
  let service: ServiceProcess;
  let crowd: IdleCrowd;

  beforeAll(async () => {
    await ensureServiceBuilt();
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
        ACCESS_LOG: 'off',
        MAX_CONNECTIONS: String(CONNECTIONS),
      },
    });
    crowd = new IdleCrowd((await service.addresses()).port, request);
    await crowd.pass(WARMING_REQUESTS);
  }, LIMIT_MS);

  afterAll(async () => {
    crowd.leave();
    await service.kill();
    upstream.closeAllConnections();
    upstream.close();
  });

  it(
    `[96] take at most ${LIMIT_BYTES} bytes of resident memory each, stay served, and one more is shed`,
    async () => {
      const pid = service.child.pid as number;
      const before = residentBytes(pid);

      await crowd.come(CONNECTIONS);
      const each = (residentBytes(pid) - before) / CONNECTIONS;
      const shed = await untilClosed(crowd.port, request);

      expect(each).toBeLessThanOrEqual(LIMIT_BYTES);
      expect([shed.closed, shed.text]).toEqual([true, '']);
      await crowd.askAgain(200);
      expect(service.stderr).toBe('');
    },
    LIMIT_MS,
  );
});
