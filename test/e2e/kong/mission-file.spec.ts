import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureServiceBuilt, PROJECT } from '../../support/built.service.js';
import { needs } from '../../support/component.js';
import { type Answer, ask } from '../../support/gateway.harness.js';
import { RecordingUpstream } from '../../support/recording.upstream.js';
import { RedisServer } from '../../support/redis.server.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../../support/service.process.js';

const redis = needs('redis-server');

/** As users of Kong have it, letter by letter. */
const FILE = `_format_version: "3.0"
services:
  - name: user-service
    url: http://user-service:3001
    routes: [{ name: users-route, paths: [/api/users], methods: [GET, POST] }]
    plugins: [{ name: jwt }, { name: rate-limiting, config: { minute: 1000, policy: redis } }]
  - name: order-service
    url: http://order-service:3002
    routes: [{ name: orders-route, paths: [/api/orders] }]
    plugins: [{ name: jwt }, { name: request-transformer, config: { add: { headers: ["X-Correlation-ID:$(uuid)"] } } }]
`;
const KEY = 'mobile-app';
const SECRET = 'the-secret-of-the-mobile-app-0123456789';
/** What is added to it: somebody to let in. */
const CONSUMERS = `consumers:
  - username: mobile-app
    jwt_secrets: [{ key: ${KEY}, secret: ${SECRET} }]
`;
/** Loopback addresses of this test alone, so that the ports of the file are free there. */
const USERS = { host: '127.71.0.1', port: 3001 };
const ORDERS = { host: '127.71.0.2', port: 3002 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const LIMIT = 1_000;
const AT_ONCE = 20;

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims: object): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

redis.describe('the file of a user of Kong, with a consumer', () => {
  const authorized = { Authorization: `Bearer ${token({ iss: KEY })}` };
  let folder: string;
  let server: RedisServer;
  let users: RecordingUpstream;
  let orders: RecordingUpstream;
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    await ensureServiceBuilt();
    folder = await mkdtemp(join(tmpdir(), 'portcullis-kong-'));
    await writeFile(join(folder, 'kong.yml'), FILE + CONSUMERS);
    await writeFile(join(folder, 'hosts'), `${USERS.host} user-service\n${ORDERS.host} order-service\n`);
    server = await RedisServer.start(redis.path as string);
    users = await RecordingUpstream.start(USERS.port, USERS.host);
    orders = await RecordingUpstream.start(ORDERS.port, ORDERS.host);
    const { JWT_SECRET: _, ...environment } = SERVICE_ENVIRONMENT;
    service = new ServiceProcess(join(PROJECT, 'dist', 'cli.js'), {
      fileArguments: ['start', join(folder, 'kong.yml')],
      environment: { ...environment, REDIS_URL: server.url, DNS_HOSTS_FILE: join(folder, 'hosts') },
    });
    ({ url } = await service.addresses());
  }, 150_000);

  afterAll(async () => {
    await service?.kill();
    await Promise.all([users?.close(), orders?.close()]);
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['/api/users', '/api/orders'])(
    'answers %s with 401 in Kong’s words without a token',
    async (path) => {
      const answer = await ask(url + path);

      expect([answer.status, answer.json()]).toEqual([401, { message: 'Unauthorized' }]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    },
  );

  it('lets the consumer through to both services', async () => {
    const answers = [
      await ask(`${url}/api/users/7?full=1`, { headers: authorized }),
      await ask(`${url}/api/orders`, { headers: authorized }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    // strip_path is on by default.
    expect([users.last.url, orders.last.url]).toEqual(['/7?full=1', '/']);
    expect(users.last.headers['host']).toBe('user-service:3001');
    expect(users.last.headers['x-consumer-username']).toBe('mobile-app');
  });

  it('has no route for a DELETE of users', async () => {
    const before = users.received.length;
    const answer = await ask(`${url}/api/users/7`, { method: 'DELETE', headers: authorized });

    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({
      message: 'no Route matched with those values',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(users.received).toHaveLength(before);
  });

  it('refuses a token that somebody else signed', async () => {
    const forged = token({ iss: KEY }).replace(/\.[^.]+$/, `.${Buffer.alloc(32, 7).toString('base64url')}`);
    const answer = await ask(`${url}/api/users`, { headers: { Authorization: `Bearer ${forged}` } });

    expect([answer.status, answer.json()]).toEqual([401, { message: 'Invalid signature' }]);
  });

  it('puts a new UUID into X-Correlation-ID at the order service, the same in the answer and the log', async () => {
    const answers = [
      await ask(`${url}/api/orders/1`, { headers: authorized }),
      await ask(`${url}/api/orders/2`, { headers: authorized }),
    ];
    const seen = orders.received.slice(-2).map(({ headers }) => headers['x-correlation-id'] as string);
    const answered = answers.map(({ headers }) => headers['x-correlation-id']);
    await expect
      .poll(() => service.lines.filter((line) => seen.includes(String(line['correlationId']))).length)
      .toBe(2);

    expect(answered).toEqual(seen);
    for (const id of seen) expect(id).toMatch(UUID);
    expect(new Set(seen).size).toBe(2);
  });

  it('lets a client’s own X-Correlation-ID stand, as add means it', async () => {
    const answer = await ask(`${url}/api/orders`, {
      headers: { ...authorized, 'X-Correlation-ID': 'order-4711' },
    });

    expect([orders.last.headers['x-correlation-id'], answer.headers['x-correlation-id']]).toEqual([
      'order-4711',
      'order-4711',
    ]);
  });

  it('refuses the 1001st request of a minute, with Kong’s headers, as counted in Redis', async () => {
    const { within, after } = await aMinute();

    expect(within.filter(({ status }) => status !== 200)).toEqual([]);
    expect(after.status).toBe(429);
    expect(after.json()).toMatchObject({ message: 'API rate limit exceeded' });
    expect(after.headers).toMatchObject({
      'x-ratelimit-limit-minute': '1000',
      'x-ratelimit-remaining-minute': '0',
      'ratelimit-limit': '1000',
      'ratelimit-remaining': '0',
    });
    const resetS = Number(after.headers['ratelimit-reset']);
    expect(resetS).toBeGreaterThanOrEqual(1);
    expect(resetS).toBeLessThanOrEqual(60);
    expect(after.headers['retry-after']).toBe(String(resetS));
    expect(await server.client.dbsize()).toBeGreaterThan(0);
  }, 120_000);

  /**
   * As many requests as a minute has, and one: all in one minute of Redis, whose clock decides, and all counted. While
   * Redis is too slow to be asked, which a busy machine can make it, fault_tolerant lets requests pass.
   */
  async function aMinute(): Promise<{ within: Answer[]; after: Answer }> {
    for (;;) {
      await server.client.flushall();
      const minute = await minuteOfRedis();
      const within: Answer[] = [];
      for (let sent = 0; sent < LIMIT; sent += AT_ONCE) {
        const batch = Array.from({ length: AT_ONCE }, () => ask(`${url}/api/users`, { headers: authorized }));
        within.push(...(await Promise.all(batch)));
      }
      const after = await ask(`${url}/api/users`, { headers: authorized });
      if ((await minuteOfRedis()) === minute && (await counted()) > LIMIT) return { within, after };
    }
  }

  async function counted(): Promise<number> {
    const [key = ''] = await server.client.keys('*');
    return Number(await server.client.get(key));
  }

  async function minuteOfRedis(): Promise<number> {
    return Math.floor(Number((await server.client.time())[0]) / 60);
  }
});
