import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LossReason, RequestLogObserver } from '../../src/contracts/request-log.js';
import type {
  LogRequestsOptions,
  RequestCollectorOptions,
} from '../../src/policies/log-requests/log-requests.options.js';
import { LogRequestsPolicy } from '../../src/policies/log-requests/log-requests.policy.js';
import { exchangeOf, FACTS } from '../unit/kong/plugins/limits-and-logs.fixture.js';

interface Taken {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A collector that answers as it is told, 200 by default. */
class Collector {
  readonly taken: Taken[] = [];
  readonly connections = new Set<Socket>();
  connected = 0;
  answer: (res: ServerResponse, nth: number) => void = (res) => res.end('{"ok":true}');
  readonly #server: Server;

  constructor() {
    this.#server = createServer((req, res) => void this.#take(req, res));
    this.#server.on('connection', (socket) => {
      this.connected++;
      this.connections.add(socket);
      socket.on('close', () => this.connections.delete(socket));
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/in?x=1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const { method, url, headers } = req;
    this.taken.push({ method, url, headers, body: JSON.parse(text) });
    this.answer(res, this.taken.length);
  }
}

class Told implements RequestLogObserver {
  readonly troubles: string[] = [];
  readonly lostRecords: Partial<Record<LossReason, number>> = {};
  opened = (): void => {};
  lost = (_log: string, reason: LossReason, records: number): void => {
    this.lostRecords[reason] = (this.lostRecords[reason] ?? 0) + records;
  };
  failing = (log: string, cause: unknown): void =>
    void this.troubles.push(`${log}: ${(cause as Error).message}`);
  recovered = (log: string): void => void this.troubles.push(`${log}: recovered`);
}

describe('§6 http-log: a collector', () => {
  let collector: Collector;
  let told: Told;
  let policy: LogRequestsPolicy;

  beforeEach(async () => {
    collector = new Collector();
    await collector.start();
    told = new Told();
    policy = new LogRequestsPolicy(undefined, told);
  });
  afterEach(async () => {
    await policy.onApplicationShutdown();
    await collector.stop();
  });

  function log(http: Partial<RequestCollectorOptions> = {}): (id: string) => void {
    const options: LogRequestsOptions = { http: { url: collector.url, ...http } };
    expect(policy.check(options)).toEqual([]);
    const plugin = policy.compile(options, FACTS);
    return (id) => {
      const exchange = exchangeOf();
      exchange.correlationId = id;
      plugin.log?.(exchange);
    };
  }
  const idsOf = (body: unknown): unknown => {
    const all = (Array.isArray(body) ? body : [body]) as { request: { id: string } }[];
    return all.map(({ request }) => request.id);
  };
  const ids = (): unknown[] => collector.taken.flatMap(({ body }) => idsOf(body));

  it('§6 http-log: gets a record as an object, with method, type and headers as given', async () => {
    log({ method: 'PUT', contentType: 'application/json; charset=utf-8', headers: { 'X-Token': 't' } })('a');

    await vi.waitFor(() => expect(collector.taken).toHaveLength(1));
    const [{ method, url, headers, body }] = collector.taken as [Taken];
    expect({ method, url }).toEqual({ method: 'PUT', url: '/in?x=1' });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-token': 't',
      'content-length': String(JSON.stringify(body).length),
    });
    expect(body).toMatchObject({ request: { id: 'a', method: 'GET' }, client_ip: '10.0.0.1' });
  });

  it('§6 http-log: gets an array where batches are larger than 1, of a single record too', async () => {
    const one = log({ queue: { maxBatchSize: 3, maxDelayMs: 20 } });
    for (const id of ['a', 'b', 'c', 'd']) one(id);

    await vi.waitFor(() => expect(collector.taken).toHaveLength(2));
    expect(collector.taken.map(({ body }) => Array.isArray(body))).toEqual([true, true]);
    expect(collector.taken.map(({ body }) => idsOf(body))).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('user and password of the address are sent as basic authentication', async () => {
    log({ url: `http://us%65r:p%40ss@127.0.0.1:${collector.port}/` })('a');

    await vi.waitFor(() => expect(collector.taken).toHaveLength(1));
    expect(collector.taken[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    );
  });

  it('§6 http-log: keepalive uses one connection for one batch after the other', async () => {
    const one = log();
    for (let i = 0; i < 20; i++) one(`r${i}`);

    await vi.waitFor(() => expect(collector.taken).toHaveLength(20));
    expect(collector.connected).toBe(1);
  });

  it.each([300, 302, 400, 401, 404, 429, 500, 503])(
    '§6 http-log: status %i is a failure, and tried again',
    async (status) => {
      collector.answer = (res, nth) => {
        res.statusCode = nth < 3 ? status : 200;
        if (status === 302) res.setHeader('Location', collector.url);
        res.end();
      };
      log()('a');

      await vi.waitFor(() => expect(told.troubles).toHaveLength(2));
      expect(ids()).toEqual(['a', 'a', 'a']);
      expect(told.troubles).toEqual([
        `http:127.0.0.1:${collector.port}: The collector answered ${status}.`,
        `http:127.0.0.1:${collector.port}: recovered`,
      ]);
    },
  );

  it.each([200, 201, 204, 299])('§6 http-log: status %i is a success', async (status) => {
    collector.answer = (res) => res.writeHead(status).end();
    const one = log();
    one('a');
    one('b');

    await vi.waitFor(() => expect(ids()).toEqual(['a', 'b']));
    expect(told.troubles).toEqual([]);
  });

  it('§6 http-log: one that hangs is left after the timeout, and tried again', async () => {
    collector.answer = (res, nth) => {
      if (nth > 1) res.end();
    };
    log({ timeoutMs: 100 })('a');

    await vi.waitFor(() => expect(ids()).toEqual(['a', 'a']));
    expect(told.troubles[0]).toContain('No answer within 100 ms.');
  });

  it('one that is slow gets all records in order, and nobody waits for it', async () => {
    collector.answer = (res) => void sleep(20).then(() => res.end());
    const one = log();
    const all = Array.from({ length: 10 }, (_, i) => `r${i}`);
    const startedAt = performance.now();
    for (const id of all) one(id);
    const ms = performance.now() - startedAt;

    await vi.waitFor(() => expect(ids()).toEqual(all), 3_000);
    expect(ms).toBeLessThan(20);
  });

  it('one that resets connections, and one that answers nonsense, are failures', async () => {
    let nth = 0;
    collector.answer = (res) => {
      nth++;
      if (nth === 1) res.socket?.destroy();
      else if (nth === 2) res.socket?.end('nonsense\r\n\r\n');
      else res.end();
    };
    log()('a');

    await vi.waitFor(() => expect(ids()).toEqual(['a', 'a', 'a']));
  });

  it('one whose answer never ends costs the connection, and no memory', async () => {
    collector.answer = (res) => {
      res.write('x'.repeat(100_000));
    };
    const one = log();
    one('a');
    one('b');

    await vi.waitFor(() => expect(ids()).toEqual(['a', 'b']));
    await vi.waitFor(() => expect(collector.connections.size).toBe(0));
    expect(told.troubles).toEqual([]);
  });

  it('§6 http-log: one that is gone is given up behind max_retry_time, and the loss is told', async () => {
    // Nothing listens there.
    log({ url: 'http://127.0.0.1:9/', queue: { maxRetryMs: 50, maxRetryDelayMs: 20 } })('a');

    await vi.waitFor(() => expect(told.lostRecords).toEqual({ retries: 1 }));
    expect(told.troubles).toHaveLength(1);
  });

  it('gets what waits when the gateway ends', async () => {
    const one = log({ queue: { maxBatchSize: 100, maxDelayMs: 60_000 } });
    one('a');
    one('b');

    await policy.onApplicationShutdown();

    expect(ids()).toEqual(['a', 'b']);
    await vi.waitFor(() => expect(collector.connections.size).toBe(0));
  });

  it('that hangs when the gateway ends holds it no longer than the bound, and the loss is told', async () => {
    collector.answer = () => {};
    const one = log();
    one('a');
    one('b');
    await vi.waitFor(() => expect(collector.taken).toHaveLength(1));

    const startedAt = performance.now();
    await policy.onApplicationShutdown();

    expect(performance.now() - startedAt).toBeLessThan(3_500);
    expect(told.lostRecords).toEqual({ end: 2 });
  });

  it('keeps its queue when the configuration is read anew without a change', async () => {
    const options: LogRequestsOptions = {
      http: { url: collector.url, queue: { maxBatchSize: 10, maxDelayMs: 200 } },
      id: 'one',
    };
    const old = policy.compile(options, FACTS);
    const write = (plugin: typeof old, id: string): void => {
      const exchange = exchangeOf();
      exchange.correlationId = id;
      plugin.log?.(exchange);
    };
    write(old, 'a');
    const again = policy.compile(options, FACTS);
    old.close?.();
    write(again, 'b');

    await vi.waitFor(() => expect(collector.taken).toHaveLength(1));
    expect(idsOf(collector.taken[0]?.body)).toEqual(['a', 'b']);
  });

  it('of a configuration that was replaced gets what was left', async () => {
    const plugin = policy.compile(
      { http: { url: collector.url, queue: { maxBatchSize: 10, maxDelayMs: 60_000 } } },
      FACTS,
    );
    plugin.log?.(exchangeOf());
    plugin.close?.();

    await vi.waitFor(() => expect(collector.taken).toHaveLength(1));
    await vi.waitFor(() => expect(collector.connections.size).toBe(0));
  });
});
