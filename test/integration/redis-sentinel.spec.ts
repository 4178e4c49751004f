import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/component.js';
import { conformsToLimitStore } from '../support/limit-store.conformance.js';
import { isPrimary, SentinelGroup } from '../support/redis.sentinels.js';
import { RedisServer, until } from '../support/redis.server.js';
import { hitOnce, redisLimitStore } from '../support/redis-limit-store.fixture.js';
import { ToldConnection } from '../support/told.connection.js';

const redis = needs('redis-server');
const PASSWORD = 'p@ss:word/that?nobody#may%read';
const SENTINEL_PASSWORD = 'another+one&that=nobody-may-read';
/** What a request may wait for Redis, with room for a machine that has other things to do. */
const BUDGET_MS = 50 + 150;
const BACK_MS = 2_000;
const WRITE = "return redis.call('INCR', KEYS[1])";
const START_MS = 60_000;

const start = (): Promise<SentinelGroup> =>
  SentinelGroup.start(redis.path as string, PASSWORD, SENTINEL_PASSWORD);
const urlOf = (group: SentinelGroup, hosts = group.hosts): string =>
  `redis+sentinel://:${encodeURIComponent(PASSWORD)}@${hosts}/${group.name}/2?sentinelPassword=${encodeURIComponent(SENTINEL_PASSWORD)}`;

redis.describe('a Redis that Sentinel watches', () => {
  let group: SentinelGroup;
  let side: ToldConnection;

  beforeAll(async () => {
    group = await start();
  }, START_MS);

  afterAll(() => group.stop());

  beforeEach(async () => {
    side = new ToldConnection(urlOf(group));
    await side.connection.connect();
  });

  afterEach(() => side.connection.close());

  it('reads and runs scripts on the primary, in the database that is named', async () => {
    const { client } = group.primary;
    const counted = [await side.state.run(WRITE, ['n'], []), await side.state.run(WRITE, ['n'], [])];
    await client.script('FLUSH');
    counted.push(await side.state.run(WRITE, ['n'], []));
    await client.select(2);

    expect(counted).toEqual([1, 2, 3]);
    expect(await side.state.get('n')).toBe('3');
    expect(await client.get('n')).toBe('3');
    expect(side.told).toEqual(['connected']);
  });

  describe('as every store', () =>
    conformsToLimitStore(() => ({ store: redisLimitStore(side.state, []), pass: (ms) => sleep(ms) })));

  it('asks the next sentinel when one is gone', async () => {
    const other = new ToldConnection(urlOf(group, `127.0.0.1:1,${group.hosts}`));
    await other.connection.connect();

    expect(other.told).toEqual(['connected']);
    other.connection.close();
  });

  describe('with news', () => {
    /** No sentinel: it only passes on what is said to it, which a real one lets nobody do. */
    let herald: RedisServer;
    let listening: ToldConnection;

    beforeAll(async () => {
      herald = await RedisServer.start(redis.path as string, SENTINEL_PASSWORD);
    });

    afterAll(() => herald.stop());

    beforeEach(async () => {
      listening = new ToldConnection(urlOf(group, `${group.hosts},127.0.0.1:${herald.port}`));
      await listening.connection.connect();
    });

    afterEach(() => listening.connection.close());

    const tell = (name: string, { port }: RedisServer): Promise<void> =>
      until(
        async () => (await herald.client.publish('+switch-master', `${name} ::1 1 127.0.0.1 ${port}`)) === 1,
      );

    it('stays where it is when another group fails over, or when it is told of its own primary', async () => {
      await tell('others', group.replica);
      await tell(group.name, group.primary);
      const { fault } = await listening.read('nothing');

      expect(fault).toBeUndefined();
      expect(listening.told).toEqual(['connected']);
    });

    it('leaves a primary that goes on answering when another is named', async () => {
      const back = listening.nextConnected();
      await tell(group.name, group.replica);
      await back;

      expect(listening.told).toEqual(['connected', 'lost Sentinel named another primary.', 'connected']);
    });
  });

  it('tells what fails, and no password', async () => {
    const wrong = encodeURIComponent(`not ${PASSWORD}`);
    const urls = [
      urlOf(group).replace(encodeURIComponent(PASSWORD), wrong),
      urlOf(group).replace(encodeURIComponent(SENTINEL_PASSWORD), wrong),
      urlOf(group).replace(`/${group.name}/`, '/nobody/'),
      urlOf(group, '127.0.0.1:1'),
    ];
    const told = await Promise.all(
      urls.map(async (url) => {
        const other = new ToldConnection(url);
        await other.connection.connect();
        const { fault } = await other.read('k');
        other.connection.close();
        return `${other.told.join()} ${fault}`;
      }),
    );

    for (const line of told) expect(line).toMatch(/^lost .+ Redis is not connected\.$/);
    for (const line of told) expect(line).not.toContain('nobody-may-read');
    for (const line of told) expect(line).not.toContain('p@ss');
  });
});

redis.describe.each(['is killed', 'hangs', 'is sent away by an operator'])('when the primary %s', (how) => {
  let group: SentinelGroup;
  let side: ToldConnection;

  beforeAll(async () => {
    group = await start();
    side = new ToldConnection(urlOf(group));
    await side.connection.connect();
  }, START_MS);

  afterAll(async () => {
    side.connection.close();
    await group.stop();
  });

  it('decides at once meanwhile, and counts on the new one within two seconds, told once each time', async () => {
    const store: string[] = [];
    const limits = redisLimitStore(side.state, store);
    await hitOnce(limits);
    let slowestMs = 0;
    let primaryAt: number | undefined;
    const hits = async (): Promise<void> => {
      for (let counted = false; !counted || side.told.length < 3; await sleep(5)) {
        const startedAt = performance.now();
        counted = await hitOnce(limits).then(
          () => true,
          () => false,
        );
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      }
    };
    const newPrimary = until(() => isPrimary(group.replica)).then(() => {
      primaryAt = performance.now();
    });

    if (how === 'is killed') await group.primary.stop();
    else if (how === 'hangs') group.primary.freeze();
    else await group.failover();
    await Promise.all([hits(), newPrimary]);
    const backMs = performance.now() - (primaryAt as number);
    const { client } = group.replica;
    await client.select(2);
    // The machine may hold a new primary up for more than the time limit while it makes copies for the old one.
    await until(async () => (await side.state.run(WRITE, ['n'], [])) !== undefined);

    expect(await client.exists('n')).toBe(1);
    expect(slowestMs).toBeLessThan(BUDGET_MS);
    expect(backMs).toBeLessThan(BACK_MS);
    // Between two primaries that are both well it takes milliseconds, which no hit need fall into.
    expect(store).toEqual(
      how === 'is sent away by an operator' && store.length === 0 ? [] : ['lost', 'back'],
    );
    expect(side.words).toEqual(['connected', 'lost', 'connected']);
  }, 60_000);
});
