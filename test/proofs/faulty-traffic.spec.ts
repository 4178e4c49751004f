import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { FaultyTraffic, seededNumbers } from '../support/faulty.traffic.js';
import { FaultyUpstream } from '../support/faulty.upstream.js';
import { ask, type LogLine } from '../support/gateway.harness.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const LONG = process.env['PROOFS'] !== undefined;
const REQUESTS = LONG ? 100_000 : 5_000;
const CLIENTS = 32;
const SEED = 20_261_124;
const LIMIT_MS = LONG ? 900_000 : 120_000;

interface Held {
  readonly downstream: number;
  readonly sockets: number;
  readonly timers: number;
  readonly warnings: readonly string[];
}

interface Pool {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

describe(`after ${REQUESTS} requests among leaving clients and failing upstreams`, () => {
  const clients: FaultyTraffic[] = [];
  let upstream: FaultyUpstream;
  let service: ServiceProcess;
  let folder: string;
  let before: Held;
  let after: Held;
  let pools: readonly (Pool | undefined)[];
  let metrics: string;
  let access: readonly LogLine[];

  beforeAll(async () => {
    await ensureServiceBuilt();
    upstream = await FaultyUpstream.start();
    folder = await mkdtemp(join(tmpdir(), 'portcullis-'));
    const accessLog = join(folder, 'access.log');
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: {
        ...SERVICE_ENVIRONMENT,
        UPSTREAM_URL: upstream.url,
        ACCESS_LOG: accessLog,
        PROOF_HEADERS_MS: '2000',
      },
      channel: true,
    });
    const { port, adminUrl } = await service.addresses();
    before = await service.ask<Held>('held');

    for (let i = 0; i < CLIENTS; i++) {
      clients.push(new FaultyTraffic(`c${i}`, port, upstream, seededNumbers(SEED + i)));
    }
    await Promise.all(clients.map((client) => client.run(REQUESTS / CLIENTS)));

    after = await restingState(service);
    const { text } = await ask(`${adminUrl}/upstreams`);
    pools = (JSON.parse(text) as { targets: { pool?: Pool }[] }[]).flatMap(({ targets }) =>
      targets.map(({ pool }) => pool),
    );
    metrics = (await ask(`${adminUrl}/metrics`)).text;
    service.signal('SIGTERM');
    expect(await service.exit).toEqual({ code: 0, signal: null });
    const lines = (await readFile(accessLog, 'utf8')).trimEnd().split('\n');
    access = lines.map((line) => JSON.parse(line) as LogLine);
  }, LIMIT_MS);

  afterAll(async () => {
    await service.kill();
    await upstream.close();
    await rm(folder, { recursive: true });
  });

  it('every request stands in the access log exactly once, with the status its client saw', () => {
    const logged = new Map(access.map((line) => [line['correlationId'] as string, line['status'] as number]));
    const wrong = clients.flatMap(({ expected, seen }) =>
      [...expected].flatMap(([id, { target, statuses, maybe }]) => {
        const status = logged.get(id);
        if (status === undefined) return maybe ? [] : [`${id} to ${target} is missing`];
        const told = seen.get(id) ?? status;
        return statuses.includes(status) && told === status
          ? []
          : [`${id} to ${target}: logged ${status}, told ${told}`];
      }),
    );
    const known = clients.reduce((sum, { expected }) => sum + expected.size, 0);

    expect(wrong).toEqual([]);
    expect(known).toBeGreaterThanOrEqual(REQUESTS);
    expect(logged.size).toBe(access.length);
    expect(access.length).toBeLessThanOrEqual(known);
  });

  it('the metrics count what the access log counts, by status', () => {
    const counted: Record<string, number> = {};
    for (const [, labels = '', count] of metrics.matchAll(
      /^http_server_request_duration_count\{(.*)\} (\d+)/gm,
    )) {
      const status = /http_response_status_code="(\d+)"/.exec(labels)?.[1] ?? 'none';
      counted[status] = (counted[status] ?? 0) + Number(count);
    }
    const logged: Record<string, number> = {};
    for (const line of access) logged[String(line['status'])] = (logged[String(line['status'])] ?? 0) + 1;

    expect(counted).toEqual(logged);
    expect(metrics).toMatch(/^http_server_active_requests(\{.*\})? 0( |$)/m);
  });

  it('no connection, timer or waiting request is left', () => {
    expect(after.downstream).toBe(0);
    expect(after.sockets).toBe(0);
    expect(after.timers).toBeLessThanOrEqual(before.timers + 2);
    for (const pool of pools) expect([pool?.busy ?? 0, pool?.waiting ?? 0]).toEqual([0, 0]);
  });

  it('nothing was left to the process to catch, and Node had nothing to warn of', () => {
    expect(service.lines.filter((line) => line['event'] === 'process.failed')).toEqual([]);
    expect(after.warnings).toEqual([]);
    expect(service.stderr).toBe('');
  });
});

/** What the process holds once it rests; closing and parking take a moment of the process's own time. */
async function restingState(service: ServiceProcess): Promise<Held> {
  const patienceEndsAt = performance.now() + 15_000;
  for (;;) {
    const held = await service.ask<Held>('held');
    if (held.downstream + held.sockets === 0 || performance.now() > patienceEndsAt) return held;
    await sleep(100);
  }
}
