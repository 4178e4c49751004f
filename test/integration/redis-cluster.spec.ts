import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/component.js';
import { conformsToLimitStore } from '../support/limit-store.conformance.js';
import { RedisCluster } from '../support/redis.cluster.js';
import { type RedisServer, until } from '../support/redis.server.js';
import { hitOnce, redisLimitStore } from '../support/redis-limit-store.fixture.js';
import { ToldConnection } from '../support/told.connection.js';

const redis = needs('redis-server');
const PASSWORD = 'p@ss:word/that?nobody#may%read';
/** What a request may wait for Redis, with room for a machine that has other things to do. */
const BUDGET_MS = 50 + 150;
const BACK_MS = 2_000;
/** Of keys that nothing is wrong with. */
const AT_ONCE_MS = 45;
const WRITE = "return redis.call('INCR', KEYS[1])";
const WRITE_BOTH = "redis.call('INCR', KEYS[2]) return redis.call('INCR', KEYS[1])";
const START_MS = 60_000;
/** A node that returns refuses for some seconds. */
const REJOINS = { timeout: 20_000 };

const program = redis.path as string;
const urlOf = (cluster: RedisCluster, hosts = cluster.hosts): string =>
  `redis+cluster://:${encodeURIComponent(PASSWORD)}@${hosts}`;

redis.describe('a cluster of Redis', () => {
  let cluster: RedisCluster;
  let side: ToldConnection;
  /** One of each primary. */
  let tags: string[];

  beforeAll(async () => {
    cluster = await RedisCluster.start(program, PASSWORD);
    tags = await Promise.all([0, 1, 2].map((primary) => cluster.tagOf(primary)));
  }, START_MS);

  afterAll(() => cluster.stop());

  beforeEach(async () => {
    await cluster.well();
    for (const { client } of cluster.primaries) await client.flushall();
    side = new ToldConnection(urlOf(cluster));
    await side.connection.connect();
  });

  afterEach(() => side.connection.close());

  const counts = (script = WRITE): Promise<unknown[]> =>
    Promise.all(tags.map((tag) => side.state.run(script, [`n${tag}`, `m${tag}`], [])));
  const sizes = (): Promise<number[]> => Promise.all(cluster.primaries.map(({ client }) => client.dbsize()));

  it('has each key on its node, scripts that forgot nodes included', async () => {
    const before = await counts(WRITE_BOTH);
    for (const { client } of cluster.primaries) await client.script('FLUSH');
    const after = [await counts(WRITE_BOTH), await counts(WRITE_BOTH)];

    expect([before, ...after]).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
    expect(await Promise.all(tags.map((tag) => side.state.get(`n${tag}`)))).toEqual(['3', '3', '3']);
    expect(await sizes()).toEqual([2, 2, 2]);
    expect(side.told).toEqual(['connected']);
  });

  it('answers that keys of several slots are none of one script', async () => {
    await expect(side.state.run(WRITE_BOTH, tags, [])).rejects.toThrow('CROSSSLOT');
    await expect(side.state.get(`n${tags[0]}`)).resolves.toBeUndefined();
  });

  describe('as every store', () =>
    conformsToLimitStore(() => ({ store: redisLimitStore(side.state, []), pass: (ms) => sleep(ms) })));

  it('is found by any node of it', async () => {
    const other = new ToldConnection(urlOf(cluster, `127.0.0.1:1,127.0.0.1:${cluster.nodes[2]?.port}`));
    await other.connection.connect();
    const reads = await Promise.all(tags.map((tag) => other.read(`n${tag}`)));
    other.connection.close();

    expect(reads.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined]);
    expect(other.told).toEqual(['connected']);
  });

  it('goes on counting while a slot moves, and after it has', async () => {
    const [from, to] = cluster.nodes as [RedisServer, RedisServer];
    const tag = tags[0] as string;
    const slot = await cluster.slotOf(tag);
    const many = (key: string): Promise<unknown[]> =>
      Promise.all(Array.from({ length: 20 }, () => side.state.run(WRITE, [`${key}${tag}`], [])));
    await many('old');
    await cluster.beginMove(slot, from, to);
    const moving = [...(await many('old')), ...(await many('new'))];
    await cluster.moveKey(`old${tag}`, from, to);
    moving.push(...(await many('old')));
    await cluster.endMove(slot, from, to);
    const moved = [...(await many('old')), ...(await many('new'))];
    await cluster.beginMove(slot, to, from);
    await cluster.endMove(slot, to, from);

    expect([Math.max(...(moving as number[])), Math.max(...(moved as number[]))]).toEqual([60, 80]);
    expect(await side.state.get(`new${tag}`)).toBe('40');
    expect(side.told).toEqual(['connected']);
  });

  it('fails a script whose keys are on both sides of a move, at once, and nothing else', async () => {
    const [from, to] = cluster.nodes as [RedisServer, RedisServer];
    const tag = tags[0] as string;
    const slot = await cluster.slotOf(tag);
    await counts(WRITE_BOTH);
    await cluster.beginMove(slot, from, to);
    await cluster.moveKey(`m${tag}`, from, to);
    const startedAt = performance.now();
    const fault = await side.state
      .run(WRITE_BOTH, [`n${tag}`, `m${tag}`], [])
      .catch((error: Error) => error.message);
    const ms = performance.now() - startedAt;
    const { value } = await side.read(`n${tag}`);
    await cluster.endMove(slot, from, to);
    await cluster.beginMove(slot, to, from);
    await cluster.endMove(slot, to, from);

    expect(fault).toContain('Too many Cluster redirections');
    expect(ms).toBeLessThan(BUDGET_MS);
    expect(value).toBe('1');
    expect(await counts(WRITE_BOTH)).toEqual([2, 2, 2]);
  });

  it('leaves a node that hangs alone, and no other', async () => {
    await counts();
    cluster.nodes[0]?.freeze();
    const [first, second] = [await side.read(`n${tags[0]}`), await side.read(`n${tags[0]}`)];
    const others = await Promise.all([side.read(`n${tags[1]}`), side.read(`n${tags[2]}`)]);
    cluster.nodes[0]?.thaw();
    await until(async () => (await side.read(`n${tags[0]}`)).value === '1');

    expect([first.fault, second.fault]).toEqual([
      'Redis: Command timed out',
      'Redis did not answer a moment ago.',
    ]);
    expect(first.ms).toBeLessThan(BUDGET_MS);
    expect(second.ms).toBeLessThan(AT_ONCE_MS);
    expect(others.map(({ value }) => value)).toEqual(['1', '1']);
    expect(side.told).toEqual(['connected']);
  });

  it('loses the keys of a primary that is gone, at once, and no others', async () => {
    await counts();
    const [gone] = cluster.nodes as [RedisServer];
    const underWay = Promise.all(tags.map((tag) => side.read(`n${tag}`)));
    await gone.stop();
    await underWay;
    const reads: Awaited<ReturnType<typeof side.read>>[][] = [];
    const endAt = performance.now() + 1_500;
    while (performance.now() < endAt) {
      reads.push(await Promise.all(tags.map((tag) => side.read(`n${tag}`))));
      await sleep(5);
    }
    await gone.restart();

    for (const [lost, ...others] of reads) {
      expect(lost?.fault).toMatch(/^Redis/);
      expect(others.map(({ value }) => value)).toEqual(['1', '1']);
    }
    expect(Math.max(...reads.flat().map(({ ms }) => ms))).toBeLessThan(BUDGET_MS);
    expect(side.told).toEqual(['connected']);
    // It comes back empty, and is asked again.
    await expect.poll(() => side.read(`n${tags[0]}`), REJOINS).not.toHaveProperty('fault');
  }, 60_000);

  it('decides limits without a primary that is gone for its keys alone, and tells of it once', async () => {
    const told: string[] = [];
    const store = redisLimitStore(side.state, told);
    const keys = await Promise.all([0, 1, 2].map((primary) => cluster.limitKeyOf(primary)));
    const passes = () =>
      Promise.all(
        keys.map((key) =>
          hitOnce(store, key).then(
            () => true,
            () => false,
          ),
        ),
      );
    const before = await passes();
    const [gone] = cluster.nodes as [RedisServer];
    await gone.stop();
    const during: boolean[][] = [];
    const endAt = performance.now() + 1_000;
    while (performance.now() < endAt) {
      during.push(await passes());
      await sleep(5);
    }
    const toldMeanwhile = [...told];
    await gone.restart();
    await expect.poll(passes, REJOINS).toEqual([true, true, true]);

    expect(before).toEqual([true, true, true]);
    for (const answers of during) expect(answers).toEqual([false, true, true]);
    expect(toldMeanwhile).toEqual(['lost']);
    expect(told).toEqual(['lost', 'back']);
  }, 60_000);

  it('is lost once when all of it is gone, and found again', async () => {
    const lost = side.nextLost();
    await Promise.all(cluster.nodes.map((node) => node.stop()));
    await lost;
    const { fault, ms } = await side.read('k');
    const back = side.nextConnected();
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await back;

    expect(fault).toBe('Redis is not connected.');
    expect(ms).toBeLessThan(AT_ONCE_MS);
    expect(side.words).toEqual(['connected', 'lost', 'connected']);
    await expect.poll(() => counts(), REJOINS).toEqual([1, 1, 1]);
  }, 60_000);

  it('tells what fails, and no password', async () => {
    const urls = [
      urlOf(cluster).replace(encodeURIComponent(PASSWORD), encodeURIComponent(`not ${PASSWORD}`)),
      urlOf(cluster, '127.0.0.1:1'),
    ];
    for (const url of urls) {
      const other = new ToldConnection(url);
      await other.connection.connect();
      const { fault } = await other.read('k');
      other.connection.close();

      expect(`${other.told.join()} ${fault}`).toMatch(/^lost .+ Redis is not connected\.$/);
      expect(`${other.told.join()} ${fault}`).not.toContain('nobody');
    }
  });
});

redis.describe('a cluster whose primary has a replica', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start(program, PASSWORD, { replicaOfFirst: true });
  }, START_MS);

  afterAll(() => cluster.stop());

  it('counts on the replica soon after it took over, and nobody waits meanwhile', async () => {
    const tag = await cluster.tagOf(0);
    const side = new ToldConnection(urlOf(cluster));
    await side.connection.connect();
    await side.state.run(WRITE, [`n${tag}`], []);
    const [primary, , , replica] = cluster.nodes as [RedisServer, RedisServer, RedisServer, RedisServer];
    let primaryAt = Number.NaN;
    const tookOver = until(async () => ((await replica.client.role()) as unknown[])[0] === 'master').then(
      () => {
        primaryAt = performance.now();
      },
    );

    await primary.stop();
    let slowestMs = 0;
    for (let counted: unknown; counted === undefined; await sleep(5)) {
      const startedAt = performance.now();
      counted = await side.state.run(WRITE, [`n${tag}`], []).catch(() => undefined);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    const backAt = performance.now();
    await tookOver;
    side.connection.close();

    expect(slowestMs).toBeLessThan(BUDGET_MS);
    expect(backAt - primaryAt).toBeLessThan(BACK_MS);
    expect(side.told).toEqual(['connected']);
  }, 60_000);
});
