import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

const SECRET = { JWT_SECRET: 'a-secret-for-tests-that-is-long-enough' };

describe('portcullis routes', () => {
  it('prints the table that boot logs', async () => {
    const { exitCode, out, err } = await commandLine('routes --module shop.module.ts', SECRET);

    expect(exitCode).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(/^METHOD +PATH +UPSTREAM/);
    expect(out).toMatch(/^GET +\/shop\/items\/:id +shop-service +.*rate-limit.*compiled +buffered/m);
    expect(out).toMatch(/interpreted because of .*OpeningHoursGuard/);
    expect(out).not.toContain('/about');
  });

  it('prints who may call what with --auth', async () => {
    const { exitCode, out } = await commandLine('routes --auth --module shop.module.ts', SECRET);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^METHOD +PATH +CALLERS +WITH +HANDLER/);
    expect(out).toMatch(
      /^GET +\/shop\/items\/:id +known by jwt +scope shop:read, a rule isOpen +ShopController\.item$/m,
    );
    expect(out).toMatch(
      /^GET +\/shop\/desk +known by jwt or anonymous +leave of OpeningHoursGuard +ShopController\.desk$/m,
    );
    expect(out).toMatch(/^ALL +\/window +anybody +- +WindowController\.look$/m);
  });

  it('prints the same as data with --json', async () => {
    const { out } = await commandLine('routes --json --module shop.module.ts', SECRET);

    const routes = JSON.parse(out) as { path: string; access: unknown }[];
    expect(routes.find(({ path }) => path === '/shop/items/:id')?.access).toEqual({
      public: false,
      anonymous: false,
      requirements: [
        { kind: 'authentication', match: 'any', names: ['jwt'] },
        { kind: 'scope', match: 'all', names: ['shop:read'] },
        { kind: 'rule', match: 'all', names: ['isOpen'] },
      ],
      guards: [],
    });
  });

  it('prints nothing but JSON with --json', async () => {
    const { out } = await commandLine('routes --json --module shop.module.ts', {
      ...SECRET,
      LOG_LEVEL: 'debug',
    });

    const routes = JSON.parse(out) as { path: string }[];
    expect(routes.map(({ path }) => path)).toContain('/window/*path');
  });

  it('shows the routes on a machine without the key, and says so', async () => {
    const { exitCode, err } = await commandLine('routes --module shop.module.ts');

    expect(exitCode).toBe(0);
    expect(err).toContain('No key for tokens is set');
  });

  it('lists every problem of the configuration, exit 78', async () => {
    const { exitCode, err } = await commandLine('routes --module shop.module.ts', {
      ...SECRET,
      PORT: 'x',
      DRAIN_MS: '-1',
    });

    expect(exitCode).toBe(78);
    expect(err).toMatch(/PORT: .*\n.*DRAIN_MS: /);
  });
});
