import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

describe('declarative files on the command line', () => {
  it('have their routes printed, with what runs on each in order', async () => {
    const { exitCode, out, err } = await commandLine('routes shop.kong.yml');

    expect(exitCode).toBe(0);
    expect(err).toBe('');
    expect(out).toMatch(
      /GET +~\/window\S+ +shop-service +body-limit \d+ bytes > key-auth of the route > rate-limiting of the route +compiled/,
    );
  });

  it('have their callers printed', async () => {
    const { out } = await commandLine('routes shop.kong.yml --auth');

    expect(out).toMatch(/~\/window\S+ +callers with key-auth|~\/window\S+.*key-auth/);
  });

  it('have a request explained, captures included', async () => {
    const { exitCode, out } = await commandLine('explain GET /window/left shop.kong.yml');

    expect(exitCode).toBe(0);
    expect(out).toContain('GET /window/left → window');
    expect(out).toContain('pane = left');
    expect(out).toMatch(/shop\.kong\.yml:\d+/);
  });

  it.each([
    ['explain GET /till shop.kong.yml', 1, '404'],
    ['explain GET /till shop.kong.yml --host till.test --header x-kind:cash', 1, '426 by till'],
    ['explain GET /till shop.kong.yml --host https://till.test --header x-kind:cash', 0, '→ till'],
    ['explain POST /window/left shop.kong.yml', 1, '404'],
    ['explain GET /vault shop.kong.yml --host https://vault.test:8443', 0, '→ vault'],
    ['explain GET /vault shop.kong.yml --host https://other.test', 1, '404'],
  ])('%s', async (line, exitCode, text) => {
    const outcome = await commandLine(line);

    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.out).toContain(text);
  });

  it('list every problem, exit 78', async () => {
    const { exitCode, err } = await commandLine('routes none.yml');

    expect(exitCode).toBe(78);
    expect(err).toContain('none.yml');
    expect(err).toContain('does not exist');
  });
});
