import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { Http2Client } from '../support/http2.client.js';
import { BOMBS, FLOODS, type Flood } from '../support/http2.floods.js';
import { CODE } from '../support/http2.frames.js';
import { PlainUpstream } from '../support/plain.upstream.js';
import { LIMIT_MS, LONG } from '../support/proof-size.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

/** What others wait is measured over this long from each flood on: a longer time would hide a stall in its quiet rest. */
const WINDOW_MS = 700;
/** One flood's window holds 140 requests, whose 99th percentile is chance. */
const POURS = LONG ? 8 : 1;
const EVERY_MS = 5;
/** Never asked for less: twice what others wait on a quiet machine of two cores. Beside other tests it says little. */
const CALM_MS = LONG ? 17 : 400;
const MEMORY_BYTES = 32 * 1024 * 1024;
const BATCH = 200;

interface Waits {
  readonly waits: readonly number[];
  readonly failures: number;
}

describe('a flood of HTTP/2 frames', () => {
  let upstream: PlainUpstream;
  let service: ServiceProcess;
  let port: number;
  let others: Worker;

  beforeAll(async () => {
    await ensureServiceBuilt();
    upstream = await PlainUpstream.start();
    service = new ServiceProcess(await compiledFixture('proof.gateway'), {
      environment: { ...SERVICE_ENVIRONMENT, UPSTREAM_URL: upstream.url },
      channel: true,
    });
    const addresses = await service.addresses();
    port = addresses.port;
    others = new Worker(new URL('../support/steady.client.ts', import.meta.url), {
      workerData: { url: `${addresses.url}/compiled/other`, everyMs: EVERY_MS },
    });
    // Cold code is slow without any flood.
    await sleep(WINDOW_MS * 2);
  }, LIMIT_MS);

  afterAll(async () => {
    others.postMessage('end');
    await service.kill();
    await upstream.close();
  });

  async function measure(flood: Flood) {
    upstream.forget();
    await service.ask('measureResident');
    // Just before the flood: the machine may have others to serve than us.
    await waitsSince(others);
    await sleep(WINDOW_MS * POURS);
    const quietMs = slowest((await waitsSince(others)).waits);

    let client = await pour(port, flood);
    await sleep(WINDOW_MS);
    for (let poured = 1; poured < POURS; poured++) {
      client.close();
      client = await pour(port, flood);
      await sleep(WINDOW_MS);
    }

    const { waits, failures } = await waitsSince(others);
    const rise = await service.ask<number>('residentRise');
    const requests = upstream.requests.filter(({ target }) => target === '/up/x').length;
    return { client, failures, rise, requests, quietMs, slowestMs: slowest(waits) };
  }

  it.each(Object.entries(FLOODS))(
    '%s: is closed, costs little memory, and nobody else waits',
    async (name, flood) => {
      const { client, failures, rise, requests, quietMs, slowestMs } = await measure(flood);
      if (LONG) report(name, { goaway: client.goaway, requests, rise, quietMs, slowestMs });
      client.close();

      expect(client.ended).toBe(true);
      // Who still sends when it is closed may find its connection reset, and no GOAWAY.
      expect([
        CODE.calm,
        CODE.internal,
        CODE.protocol,
        CODE.flowControl,
        CODE.streamClosed,
        undefined,
      ]).toContain(client.goaway);
      expect(requests).toBeLessThan(1_000);
      expect(rise).toBeLessThan(MEMORY_BYTES);
      expect(failures).toBe(0);
      expect(slowestMs).toBeLessThan(Math.max(2 * quietMs, CALM_MS));
    },
    LIMIT_MS,
  );

  it.each(Object.entries(BOMBS))(
    '%s: is refused by the number of its fields, costs little memory, and nobody else waits',
    async (name, flood) => {
      const { client, failures, rise, requests, quietMs, slowestMs } = await measure(flood);
      if (LONG) report(name, { goaway: client.goaway, requests, rise, quietMs, slowestMs });
      client.close();
      const refusals = [...client.streams].filter(([stream]) => stream > 1).map(([, { reset }]) => reset);

      expect(requests).toBeLessThanOrEqual(POURS);
      expect(client.ended || refusals.length === flood.frames).toBe(true);
      expect(new Set(refusals)).toEqual(new Set(refusals.length > 0 ? [CODE.calm] : []));
      expect(rise).toBeLessThan(MEMORY_BYTES);
      expect(failures).toBe(0);
      expect(slowestMs).toBeLessThan(Math.max(2 * quietMs, CALM_MS));
    },
    LIMIT_MS,
  );

  it('leaves the process as it was', () => {
    expect(service.running).toBe(true);
    expect(service.stderr).toBe('');
  });
});

/** Sends all frames as fast as they are taken, until the other side had enough. */
async function pour(port: number, { first, opening, frames, frame }: Flood): Promise<Http2Client> {
  const client = new Http2Client(port, first === undefined ? {} : { first });
  await client.until(() => client.frames.length > 1 || client.ended);
  if (opening !== undefined) client.send(opening);
  for (let i = 0; i < frames && !client.ended; i += BATCH) {
    client.send(...Array.from({ length: Math.min(BATCH, frames - i) }, (_, k) => frame(i + k)));
    if (client.socket.writableNeedDrain && !client.ended) {
      const stopped = new AbortController();
      await Promise.race([
        once(client.socket, 'drain', { signal: stopped.signal }),
        client.until(() => client.ended),
      ]).catch(() => {});
      stopped.abort();
    }
  }
  return client;
}

async function waitsSince(others: Worker): Promise<Waits> {
  others.postMessage('take');
  const [answer] = (await once(others, 'message')) as [Waits];
  return answer;
}

/** The 99th percentile. */
function slowest(waits: readonly number[]): number {
  const sorted = waits.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
}

function report(name: string, figures: object): void {
  console.log(name, JSON.stringify(figures));
}
