import { afterEach, beforeEach, expect, it } from 'vitest';
import { RedisConnection } from '../../src/redis/redis.connection.js';
import { RedisSharedState } from '../../src/redis/redis.shared-state.js';
import { needs } from '../support/component.js';
import { Gate } from '../support/gate.js';
import { RedisServer } from '../support/redis.server.js';

const redis = needs('redis-server');
const PASSWORD = 'a-password-that-nobody-may-read';
/** What a request may wait for Redis, with room for a machine that has other things to do. */
const BUDGET_MS = 50 + 100;

redis.describe('the connection to Redis', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let state: RedisSharedState;
  let connected: Gate;
  let lost: Gate;
  const told: string[] = [];

  beforeEach(async () => {
    server = await RedisServer.start(redis.path as string, PASSWORD);
    told.length = 0;
    connected = new Gate();
    lost = new Gate();
    connection = new RedisConnection({
      url: server.url,
      connected: () => {
        told.push('connected');
        connected.open();
      },
      lost: (cause) => {
        told.push(`lost ${cause.message}`);
        lost.open();
      },
    });
    state = new RedisSharedState(connection);
  });

  afterEach(async () => {
    connection.close();
    server.thaw();
    await server.stop();
  });

  /** How a read ended, and after how long. */
  async function read(): Promise<{ outcome: string | undefined; ms: number }> {
    const startedAt = performance.now();
    const outcome = await state.get('k').catch((error: Error) => `${error.message}|${JSON.stringify(error)}`);
    return { outcome, ms: performance.now() - startedAt };
  }

  it('reads what stands there, and nothing where nothing does', async () => {
    await connection.connect();
    const before = await state.get('k');
    await server.client.set('k', 'v');

    expect([before, await state.get('k')]).toEqual([undefined, 'v']);
    expect(told).toEqual(['connected']);
  });

  it('resolves its first try also when nobody listens, and refuses at once meanwhile', async () => {
    await server.stop();

    await connection.connect();
    const { outcome, ms } = await read();

    expect(outcome).toContain('Redis is not connected.');
    expect(ms).toBeLessThan(BUDGET_MS);
    expect(told).toEqual([expect.stringContaining('lost connect ECONNREFUSED')]);
  });

  it('gives its first try up after two seconds when Redis hangs, and is there when it goes on', async () => {
    server.freeze();

    const startedAt = performance.now();
    await connection.connect();
    const ms = performance.now() - startedAt;
    const { outcome } = await read();
    server.thaw();
    await connected.opened;

    expect(ms).toBeLessThan(3_000);
    expect(outcome).toContain('Redis is not connected.');
    expect(await state.get('k')).toBeUndefined();
  });

  it('comes back by itself, told once each time', async () => {
    await connection.connect();
    connected = new Gate();
    await server.stop();
    await lost.opened;
    const { ms } = await read();
    await server.restart();
    await connected.opened;
    await server.client.set('k', 'again');

    expect(await state.get('k')).toBe('again');
    expect(ms).toBeLessThan(BUDGET_MS);
    expect(told.map((line) => line.split(' ')[0])).toEqual(['connected', 'lost', 'connected']);
  });

  it('makes nobody wait longer than the budget for a Redis that hangs, and most not at all', async () => {
    await connection.connect();
    server.freeze();

    const first = await read();
    const second = await read();

    expect(first.outcome).toContain('Command timed out');
    expect(first.ms).toBeLessThan(BUDGET_MS);
    expect(second.outcome).toContain('a moment ago');
    expect(second.ms).toBeLessThan(10);
  });

  it('leaves a connection that stays silent, and is there again when Redis is', async () => {
    await connection.connect();
    connected = new Gate();
    server.freeze();
    await read();
    await lost.opened;
    server.thaw();
    await connected.opened;

    expect(await state.get('k')).toBeUndefined();
    expect(told).toEqual(['connected', expect.stringContaining('lost Socket timeout'), 'connected']);
  });

  it('leaves a primary that became a replica, and is there when it is one again', async () => {
    const write = () => state.run("return redis.call('INCR', KEYS[1])", ['n'], []);
    await connection.connect();
    await write();
    connected = new Gate();
    await server.client.call('REPLICAOF', '127.0.0.1', '1');
    const refused = await write().catch((error: Error) => error.message);
    await lost.opened;
    await server.client.call('REPLICAOF', 'NO', 'ONE');
    await connected.opened;

    expect(refused).toContain('READONLY');
    expect(await write()).toBe(2);
    expect(told.map((line) => line.split(' ')[0])).toEqual(['connected', 'lost', 'connected']);
  });

  it('says nothing of its password, whatever goes wrong', async () => {
    await server.client.config('SET', 'requirepass', 'another');
    await connection.connect();
    await lost.opened;
    const { outcome } = await read();

    expect(told.join()).toContain('lost');
    expect(`${told.join()} ${outcome}`).not.toContain(PASSWORD);
  });
});
