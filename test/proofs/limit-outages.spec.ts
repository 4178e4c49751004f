import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { compiledFixture, ensureServiceBuilt } from '../support/built.service.js';
import { needs } from '../support/component.js';
import { ask } from '../support/gateway.harness.js';
import { type PacedAnswer, PacedLoad, paceNow } from '../support/paced.load.js';
import { LONG } from '../support/proof-size.js';
import { isPrimary, SentinelGroup } from '../support/redis.sentinels.js';
import { RedisServer } from '../support/redis.server.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const redis = needs('redis-server');

/** The short form runs beside other tests. */
const PER_SECOND = LONG ? 1_000 : 200;
/** What the first requests take that a process ever serves, which is nobody's outage. */
const WARM_MS = LONG ? 3_000 : 1_000;
const BEFORE_MS = LONG ? 5_000 : 1_000;
const OUTAGE_MS = LONG ? 4_000 : 1_000;
const AFTER_MS = LONG ? 2_000 : 500;
/** Longer than an unanswered connection is kept. */
const LONG_PAUSE_MS = LONG ? 6_000 : 3_000;

/** Who is due so shortly before the end of an outage may come after it: Redis can be back within a few milliseconds. */
const LATE_MS = 100;

/** Who comes in this span from the start of an outage finds out about it. */
const FIRST_MS = 100;
/** What they may wait: 50 ms for Redis, and their own way. The short form leaves the machine time for others. */
const FIRST_LIMIT_MS = LONG ? 60 : 60 + 150;
/** What everybody after them may wait more than before, 99 of 100. */
const RISE_LIMIT_MS = LONG ? 5 : 50;
const BACK_LIMIT_MS = 2_000;
/** Another process may take the processor from ours in one try, hardly in each of them. */
const TRIES = 3;

/** As the fixture says: of the limit, each of two instances has half while it counts alone. */
const LIMIT = 20;
const INSTANCES = 2;

type Fail = 'open' | 'closed' | 'local';
const MIX: readonly Fail[] = ['open', 'open', 'open', 'closed', 'local'];

interface Outage {
  readonly name: string;
  /** Whether Redis cannot be asked meanwhile. */
  readonly lost: boolean;
  /** Whether counts are gone after it. */
  readonly forgets?: true;
  /** Default: {@link OUTAGE_MS}. */
  readonly ms?: number;
  /** Resolves when it may happen, again too. Default: at once. */
  ready?(): Promise<void>;
  begin(): unknown;
  /** Resolves when Redis could be asked again. */
  end(): unknown;
}

interface Figures {
  readonly name: string;
  readonly beforeP50: number;
  readonly beforeP99: number;
  readonly firstMs: number;
  readonly duringP99: number;
  readonly afterP99: number;
  /** Until nobody was decided without Redis any more. */
  readonly backMs: number;
  /** Of the limit that fails open, what was not answered with 200. */
  readonly errors: number;
  readonly unavailable: number;
  /** Of each instance, what it let pass by itself. */
  readonly locally: readonly number[];
  readonly answers: number;
}

/** What limits are counted in, and what may happen to it. */
interface Setup {
  readonly name: string;
  readonly outages: readonly Outage[];
  /** Resolves to its `REDIS_URL`. */
  start(): Promise<string>;
  stop(): Promise<void>;
}

function oneRedis(): Setup {
  let server: RedisServer;
  const config = (name: string, value: string) => server.client.config('SET', name, value);
  const outages: readonly Outage[] = [
    { name: 'none', lost: false, begin() {}, end() {} },
    { name: 'scripts flushed', lost: false, begin: () => server.client.script('FLUSH'), end() {} },
    { name: 'killed', lost: true, forgets: true, begin: () => server.stop(), end: () => server.restart() },
    { name: 'paused', lost: true, begin: () => server.freeze(), end: () => server.thaw() },
    {
      name: 'paused for long',
      lost: true,
      ms: LONG_PAUSE_MS,
      begin: () => server.freeze(),
      end: () => server.thaw(),
    },
    {
      name: 'a replica',
      lost: true,
      begin: () => server.client.replicaof('127.0.0.1', 1),
      end: () => server.client.replicaof('NO', 'ONE'),
    },
    {
      name: 'without replicas',
      lost: true,
      begin: () => config('min-replicas-to-write', '1'),
      end: () => config('min-replicas-to-write', '0'),
    },
    {
      name: 'out of memory',
      lost: true,
      begin: () => config('maxmemory', '1'),
      end: () => config('maxmemory', '0'),
    },
  ];
  return {
    name: 'one Redis',
    outages,
    start: async () => {
      server = await RedisServer.start(redis.path as string);
      return server.url;
    },
    stop: async () => {
      server.thaw();
      await server.stop();
    },
  };
}

function sentinelGroup(): Setup {
  let group: SentinelGroup;
  let gone: RedisServer | undefined;
  let rejoined = Promise.resolve();
  const becomes = (server: RedisServer, primary: boolean): Promise<void> =>
    vi.waitFor(async () => expect(await isPrimary(server)).toBe(primary), 20_000);
  const other = (): RedisServer => (gone === group.primary ? group.replica : group.primary);
  return {
    name: 'a group that Sentinel watches',
    outages: [
      {
        name: 'killed',
        lost: true,
        // Replication is asynchronous.
        forgets: true,
        // Sentinel has another primary soon.
        ms: 400,
        ready: () => rejoined,
        begin: async () => {
          gone = (await isPrimary(group.primary)) ? group.primary : group.replica;
          await gone.stop();
        },
        end: async () => {
          await becomes(other(), true);
          await gone?.restart();
          // Its sentinels see to that.
          rejoined = becomes(gone as RedisServer, false);
        },
      },
    ],
    start: async () => {
      group = await SentinelGroup.start(redis.path as string, 'secret', 'secret');
      return `redis+sentinel://:secret@${group.hosts}/${group.name}?sentinelPassword=secret`;
    },
    stop: () => group.stop(),
  };
}

redis.describe.each([oneRedis(), sentinelGroup()])(
  `limits under ${PER_SECOND} requests a second, in $name`,
  (setup) => {
    let services: ServiceProcess[];
    let ports: number[];
    let load: PacedLoad | undefined;
    let current: Outage | undefined;
    let held: ServerResponse[] = [];
    const upstream = createServer((req, res) => {
      if (req.url === '/limits/places') held.push(res);
      else res.end('{"ok":true}');
    });
    upstream.keepAliveTimeout = 75_000;
    const figures: Figures[] = [];

    beforeAll(async () => {
      await ensureServiceBuilt();
      const url = await setup.start();
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
      const file = await compiledFixture('limit-proofs.gateway');
      services = Array.from(
        { length: INSTANCES },
        () =>
          new ServiceProcess(file, {
            environment: {
              ...SERVICE_ENVIRONMENT,
              UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
              REDIS_URL: url,
              ACCESS_LOG: 'off',
            },
            channel: true,
          }),
      );
      ports = (await Promise.all(services.map((service) => service.addresses()))).map(({ port }) => port);
    }, 150_000);

    afterEach(async () => {
      await load?.kill();
      load = undefined;
      await current?.end();
      current = undefined;
    });

    afterAll(async () => {
      console.log(table(figures));
      await Promise.all(services.map((service) => service.kill()));
      upstream.closeAllConnections();
      upstream.close();
      await setup.stop();
    });

    /** Resolves when an instance counts in Redis again. @throws Error when that takes much longer than it may */
    const counted = (port: number): Promise<void> =>
      vi.waitFor(
        async () => {
          const { headers } = await ask(`http://127.0.0.1:${port}/limits/open`);
          expect(headers['x-ratelimit-store']).toBeUndefined();
        },
        { timeout: 2 * BACK_LIMIT_MS },
      );

    it.each(setup.outages)(
      '[71] decide at once, as each says, while Redis is in trouble: $name',
      async (outage) => {
        let best: Figures | undefined;
        for (let i = 0; i < TRIES && (best === undefined || !timely(best, outage)); i++) {
          best = await underLoad(outage, `${outage.name.replaceAll(' ', '-')}-${i}`);
          figures.push(best);
        }

        const { beforeP99, firstMs, duringP99, backMs } = best as Figures;
        expect(firstMs).toBeLessThanOrEqual(FIRST_LIMIT_MS);
        expect(duringP99).toBeLessThanOrEqual(beforeP99 + RISE_LIMIT_MS);
        expect(backMs).toBeLessThan(BACK_LIMIT_MS);
        if (!outage.lost) expect((best as Figures).unavailable).toBe(0);
      },
      TRIES * (WARM_MS + BEFORE_MS + LONG_PAUSE_MS + AFTER_MS + 2 * BACK_LIMIT_MS + 5_000),
    );

    const timely = (seen: Figures, { lost }: Outage): boolean =>
      seen.firstMs <= FIRST_LIMIT_MS &&
      seen.duringP99 <= seen.beforeP99 + RISE_LIMIT_MS &&
      seen.backMs < BACK_LIMIT_MS &&
      (lost || seen.unavailable === 0);

    /** One outage from before it to after it. What must hold however busy the machine is holds of every try. */
    async function underLoad(outage: Outage, key: string): Promise<Figures> {
      const paths: Record<Fail, string> = {
        open: '/limits/open',
        closed: '/limits/closed',
        local: `/limits/local/${key}`,
      };
      const requests = MIX.flatMap((fail) => ports.map((port) => ({ port, path: paths[fail] })));
      const failOf = ({ index }: PacedAnswer): Fail => MIX[Math.floor(index / INSTANCES)] as Fail;
      const ofOpen = (some: readonly PacedAnswer[]) => some.filter((answer) => failOf(answer) === 'open');

      await outage.ready?.();
      load = new PacedLoad({ requests, perSecond: PER_SECOND });
      const startedAt = paceNow();
      await pass(WARM_MS + BEFORE_MS);
      const beganAt = paceNow();
      current = outage;
      await outage.begin();
      const begunAt = paceNow();
      await pass(outage.ms ?? OUTAGE_MS);
      const endingAt = paceNow();
      current = undefined;
      await outage.end();
      const endedAt = paceNow();
      await Promise.all(ports.map(counted));
      await pass(AFTER_MS);
      const all = await load.end();
      load = undefined;

      const between = (from: number, to: number) => all.filter(({ due }) => due >= from && due < to);
      const before = between(startedAt + WARM_MS, beganAt);
      const first = between(beganAt, begunAt + FIRST_MS);
      const during = between(begunAt + FIRST_MS, endingAt - LATE_MS);
      const decidedWithout = all.filter(({ store, status }) => store !== undefined || status === 503);
      const lastWithout = Math.max(endedAt, ...decidedWithout.map(({ due }) => due));
      const after = between(lastWithout, Number.POSITIVE_INFINITY);

      const outcomes: Record<Fail, Set<string>> = { open: new Set(), closed: new Set(), local: new Set() };
      for (const answer of outage.lost ? during : all) {
        const retry = answer.status === 503 ? ` after ${answer.retryAfter}` : '';
        outcomes[failOf(answer)].add(`${answer.status}${retry} ${answer.store ?? 'Redis'}`);
      }
      const open = ofOpen(all);
      const closed = all.filter((answer) => failOf(answer) === 'closed');
      const local = all.filter((answer) => failOf(answer) === 'local');
      const passedLocally = local.filter(({ status, store }) => status === 200 && store === 'local');
      const passedInRedis = local.filter(({ status, store }) => status === 200 && store === undefined);
      const locally = ports.map(
        (_, i) => passedLocally.filter(({ index }) => index % INSTANCES === i).length,
      );

      expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
      expect(closed.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
      expect(local.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
      if (outage.lost) {
        expect([...outcomes.open]).toEqual(['200 none']);
        expect([...outcomes.closed]).toEqual(['503 after 2 Redis']);
        expect(new Set([...outcomes.local, '200 local', '429 local'])).toEqual(
          new Set(['200 local', '429 local']),
        );
        expect(locally).toEqual(Array(INSTANCES).fill(LIMIT / INSTANCES));
      }
      expect(passedInRedis.length).toBeGreaterThanOrEqual(LIMIT);
      expect(passedInRedis.length).toBeLessThanOrEqual(outage.forgets === true ? 2 * LIMIT : LIMIT);
      for (const service of services) expect(service.stderr).toBe('');

      const ms = (some: readonly PacedAnswer[]) => ofOpen(some).map((answer) => answer.ms);
      return {
        name: outage.name,
        beforeP50: quantile(ms(before), 0.5),
        beforeP99: quantile(ms(before), 0.99),
        firstMs: Math.max(...first.map((answer) => answer.ms)),
        duringP99: quantile(ms(during), 0.99),
        afterP99: quantile(ms(after), 0.99),
        backMs: lastWithout - endedAt,
        errors: open.filter(({ status }) => status !== 200).length,
        unavailable: closed.filter(({ status }) => status === 503).length,
        locally,
        answers: all.length,
      };
    }

    it('[75] let a request end that has its place in a Redis that is gone', async () => {
      const url = `http://127.0.0.1:${ports[0]}`;
      held = [];
      const killed = setup.outages.find(({ name }) => name === 'killed') as Outage;
      await killed.ready?.();
      const running = ask(`${url}/limits/places`);
      await vi.waitFor(() => expect(held).toHaveLength(1));
      current = killed;
      await current.begin();
      // The gateway knows by now.
      const meanwhile = await ask(`${url}/limits/open`);

      held[0]?.end('{"ok":true}');
      const ended = await running;
      await current.end();
      current = undefined;
      await Promise.all(ports.map(counted));

      expect([meanwhile.headers['x-ratelimit-store'], ended.status]).toEqual(['none', 200]);
      expect(services.map(({ running, stderr }) => [running, stderr])).toEqual(
        Array(INSTANCES).fill([true, '']),
      );
    });
  },
);

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function table(figures: readonly Figures[]): string {
  const head = [
    'Redis',
    'before p50',
    'p99',
    'first',
    'then p99',
    'after p99',
    'back',
    'errors',
    '503',
    'local',
    'answers',
  ];
  const ms = (value: number): string => value.toFixed(1);
  const rows = figures.map((one) => [
    one.name,
    ms(one.beforeP50),
    ms(one.beforeP99),
    ms(one.firstMs),
    ms(one.duringP99),
    ms(one.afterP99),
    ms(one.backMs),
    String(one.errors),
    String(one.unavailable),
    one.locally.join('+'),
    String(one.answers),
  ]);
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] as string).length)));
  return all.map((row) => row.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ')).join('\n');
}
