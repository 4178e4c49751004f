import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { developmentToken } from '../../src/framework/testing/development-token.js';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { needs } from '../support/component.js';
import { ask } from '../support/gateway.harness.js';
import { RecordingUpstream } from '../support/recording.upstream.js';
import { RedisServer } from '../support/redis.server.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const redisServer = needs('redis-server');
const CLI = join(PROJECT, 'dist', 'cli.js');
const { JWT_SECRET: _none, ...ENVIRONMENT } = SERVICE_ENVIRONMENT;

/** The file of a team that comes from Kong, with a consumer. */
const migrated = (users: string, orders: string): string => `
_format_version: "3.0"
services:
  - name: user-service
    url: ${users}
    routes:
      - name: users-route
        paths: [/api/users]
        methods: [GET, POST]
    plugins:
      - name: jwt
      - name: rate-limiting
        config:
          minute: 1000
          policy: redis
  - name: order-service
    url: ${orders}
    routes:
      - name: orders-route
        paths: [/api/orders]
    plugins:
      - name: jwt
      - name: request-transformer
        config:
          add:
            headers: ["X-Correlation-ID:$(uuid)"]
consumers:
  - username: mobile-app
    jwt_secrets:
      - {key: mobile, secret: a-secret-of-the-mobile-app-0123456789}
`;

describe('portcullis start FILE', () => {
  const running: ServiceProcess[] = [];
  let folder: string;
  let file: string;
  let users: RecordingUpstream;
  let orders: RecordingUpstream;

  beforeAll(async () => {
    await ensureServiceBuilt();
    users = await RecordingUpstream.start();
    orders = await RecordingUpstream.start();
  }, 180_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kong-'));
    file = join(folder, 'kong.yml');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.kill()));
    await rm(folder, { recursive: true });
  });
  afterAll(async () => {
    await users.close();
    await orders.close();
  });

  function start(environment: Readonly<Record<string, string>> = {}, ...more: string[]): ServiceProcess {
    const service = new ServiceProcess(CLI, {
      environment: { ...ENVIRONMENT, ...environment },
      fileArguments: ['start', file, ...more],
    });
    running.push(service);
    return service;
  }

  const token = (): string =>
    developmentToken('a-secret-of-the-mobile-app-0123456789', {
      subject: 'anna',
      scopes: [],
      lifetimeSeconds: 60,
      issuer: 'mobile',
      audience: undefined,
      algorithm: 'HS256',
    });

  redisServer.it('runs a file that was written for Kong, with nothing else set but Redis', async () => {
    const redis = await RedisServer.start(redisServer.path as string);
    await writeFile(file, migrated(users.url, orders.url));
    const service = start({ REDIS_URL: redis.url });
    const { url } = await service.addresses();
    const headers = { Authorization: `Bearer ${token()}` };

    const refused = await ask(`${url}/api/users/7`);
    const user = await ask(`${url}/api/users/7`, { headers });
    const order = await ask(`${url}/api/orders/9`, { headers });

    expect(refused.status).toBe(401);
    expect(refused.json()).toEqual({ message: 'Unauthorized' });
    expect(user.status).toBe(200);
    expect(user.headers).toMatchObject({
      'x-ratelimit-limit-minute': '1000',
      'x-ratelimit-remaining-minute': '999',
    });
    expect(users.last.url).toBe('/7');
    expect(users.last.headers['x-consumer-username']).toBe('mobile-app');
    expect(order.status).toBe(200);
    expect(orders.last.headers['x-correlation-id']).toBe(order.headers['x-correlation-id']);
    await redis.stop();
  });

  it('lists every mistake of the file at once and exits 78', async () => {
    await writeFile(
      file,
      `
_format_version: "3.0"
services:
  - name: users
    url: http://users.test
    retries: many
    routes:
      - {name: one, paths: ['~/(?<=x)a']}
      - {name: two, paths: [users]}
    plugins: [{name: jtw}]
`,
    );
    const service = start();

    const { code } = await service.exit;

    expect(code).toBe(78);
    for (const text of ['retries', 'paths', 'jtw', 'kong.yml:6']) expect(service.stderr).toContain(text);
  });

  const routes = (name: string): string =>
    `_format_version: "3.0"\nservices: [{name: s, url: "${users.url}", routes: [{name: ${name}, paths: [/${name}]}]}]\n`;

  it('reads the file again on SIGHUP, and serves on with the old routes when it is wrong', async () => {
    await writeFile(file, routes('one'));
    const service = start();
    const { url } = await service.addresses();
    await writeFile(file, 'no yaml: [');
    service.signal('SIGHUP');
    const refused = await service.event('declared-routes.refused');

    expect(refused).toMatchObject({ level: 'error' });
    expect((await ask(`${url}/one`)).status).toBe(200);

    await writeFile(file, routes('two'));
    service.signal('SIGHUP');
    await service.eventTimes('declared-routes.loaded', 2);

    expect((await ask(`${url}/two`)).status).toBe(200);
    expect((await ask(`${url}/one`)).status).toBe(404);
  });

  it('refuses what Kong would not take when it is asked to be strict', async () => {
    await writeFile(file, migrated(users.url, orders.url));
    const service = start({}, '--strict-kong');

    const { code } = await service.exit;

    expect(code).toBe(78);
    expect(service.stderr).toContain('uuid');
  });

  it('refuses a route that nobody stands before when it is asked to', async () => {
    await writeFile(file, routes('one'));
    const service = start({}, '--refuse-open');

    const { code } = await service.exit;

    expect(code).toBe(78);
    expect(service.stderr).toContain('anybody may call one');
  });
});
