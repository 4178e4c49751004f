import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureServiceBuilt, PROJECT } from '../support/built.service.js';
import { ask } from '../support/gateway.harness.js';
import { SERVICE_ENVIRONMENT, ServiceProcess } from '../support/service.process.js';

const SERVICE = join(PROJECT, 'dist', 'main.js');
const DEMO = join(PROJECT, 'dist', 'demo', 'main.js');

describe('the service that cannot start', () => {
  const running: ServiceProcess[] = [];
  let occupied: Server | undefined;

  beforeAll(ensureServiceBuilt, 120_000);

  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.kill()));
    occupied?.close();
    occupied = undefined;
  });

  function start(file: string, environment: Readonly<Record<string, string>>): ServiceProcess {
    const service = new ServiceProcess(file, { environment });
    running.push(service);
    return service;
  }

  async function occupiedPort(): Promise<number> {
    occupied = createServer().listen(0, '127.0.0.1');
    await once(occupied, 'listening');
    return (occupied.address() as { port: number }).port;
  }

  it('lists every mistake of its environment at once, prints no secret and exits 78', async () => {
    const service = start(SERVICE, {
      PORT: 'eighty',
      DRAIN_MS: '-1',
      ACCESS_LOG: 'somewhere',
      LOG_LEVEL: 'loud',
      ADMIN_HOST: '0.0.0.0',
      JWT_SECRET: 'too-short-to-be-a-key',
      REDIS_URL: 'http://user:hidden-word@redis:6379',
    });

    const { code } = await service.exit;

    expect(code).toBe(78);
    for (const variable of [
      'PORT',
      'DRAIN_MS',
      'ACCESS_LOG',
      'LOG_LEVEL',
      'ADMIN_',
      'JWT_SECRET',
      'REDIS_URL',
    ]) {
      expect(service.stderr).toMatch(new RegExp(`^ +${variable}`, 'm'));
    }
    expect(service.stderr).toContain('"eighty"');
    expect(service.stderr).not.toContain('too-short-to-be-a-key');
    expect(service.stderr).not.toContain('hidden-word');
  });

  it('says once that it has no key for tokens, with the variables that give it one, and exits 78', async () => {
    const service = start(SERVICE, { PORT: '0', ADMIN_PORT: '0' });

    const { code } = await service.exit;

    expect(code).toBe(78);
    expect(service.stderr).toContain('1 to mend');
    expect(service.stderr).toMatch(/no key; set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWT_JWKS_URI/);
    expect(service.stderr).toContain('UsersController.one');
  });

  it('names the variable of a target that is no URL and exits 78', async () => {
    const service = start(SERVICE, {
      ...SERVICE_ENVIRONMENT,
      USERS_URL: 'user-service',
      ORDERS_URL: 'ftp://orders',
    });

    const { code } = await service.exit;

    expect(code).toBe(78);
    expect(service.stderr).toContain('USERS_URL');
    expect(service.stderr).toContain('ORDERS_URL');
  });

  it('refuses to be a demo in production with 78', async () => {
    const service = start(DEMO, { NODE_ENV: 'production', PORT: '0', ADMIN_PORT: '0' });

    const { code } = await service.exit;

    expect(code).toBe(78);
    expect(service.stderr).toContain('NODE_ENV');
  });

  it('says that its traffic port is in use, exits 1 and leaves no admin port behind', async () => {
    const port = await occupiedPort();
    const service = start(SERVICE, { ...SERVICE_ENVIRONMENT, PORT: String(port) });

    const { code } = await service.exit;

    expect(code).toBe(1);
    expect(service.stderr).toContain(`127.0.0.1:${port} is in use`);
    expect(service.stderr).not.toContain('    at ');
    expect(service.lines.filter((line) => line['event'] === 'gateway.started')).toHaveLength(0);
  });

  it('says that its admin port is in use, exits 1 and never took traffic', async () => {
    const port = await occupiedPort();
    const service = start(SERVICE, { ...SERVICE_ENVIRONMENT, ADMIN_PORT: String(port) });

    const { code } = await service.exit;

    expect(code).toBe(1);
    expect(service.stderr).toContain(`127.0.0.1:${port} is in use`);
  });
});

describe('the demo', () => {
  let service: ServiceProcess | undefined;

  beforeAll(ensureServiceBuilt, 120_000);
  afterEach(() => service?.kill());

  it('serves with no variable but its ports, and honours those that are set', async () => {
    service = new ServiceProcess(DEMO, {
      environment: {
        NODE_ENV: 'development',
        HOST: '127.0.0.1',
        PORT: '0',
        ADMIN_PORT: '0',
        HEALTH_PATH: '/up',
      },
    });
    const { url } = await service.addresses();

    const health = await ask(`${url}/up`);
    const refused = await ask(`${url}/api/users/1`);

    expect(health.status).toBe(200);
    expect(refused.status).toBe(401);
  });
});
