import { describe, expect, it } from 'vitest';
import { commandLine } from './command-line.js';

const explain = (request: string) =>
  commandLine(`explain ${request} --module shop.module.ts`, {
    JWT_SECRET: 'a-secret-for-tests-that-is-long-enough',
  });

describe('portcullis explain', () => {
  it('names the route, its parameters and its policies in stage order', async () => {
    const { exitCode, out } = await explain('get /shop/items/a%20b?x=1');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^GET \/shop\/items\/a%20b → GET \/shop\/items\/:id\n/);
    expect(out).toMatch(/parameter +id = a b\n/);
    const stages = [...out.matchAll(/^ {2}(identity|quota|filter) /gm)].map(([, stage]) => stage);
    expect(stages).toEqual(['identity', 'quota', 'filter']);
    expect(out).toMatch(/runs +compiled\n/);
  });

  it('says why a route is not compiled', async () => {
    const { out } = await explain('GET /shop/desk');

    expect(out).toMatch(/runs +interpreted, because of guard OpeningHoursGuard\n/);
  });

  it('tells an ordinary controller apart', async () => {
    const { exitCode, out } = await explain('GET /about');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/runs +in Nest alone/);
  });

  it.each([
    ['GET /nowhere', 1, '404'],
    ['POST /shop/desk', 1, '405, the path takes GET, HEAD, OPTIONS'],
    ['GET /shop/../admin', 1, '400'],
    ['GET /health/ready', 0, 'the gateway answers itself'],
    ['OPTIONS /shop/desk', 0, '204, the gateway answers itself; the path takes GET, HEAD, OPTIONS'],
  ])('answers %s with exit code %d', async (request, code, text) => {
    const { exitCode, out } = await explain(request);

    expect(exitCode).toBe(code);
    expect(out).toContain(text);
  });

  it('explains to programs with --json', async () => {
    const { out } = await explain('HEAD /window/a --json');

    expect(JSON.parse(out)).toMatchObject({
      request: 'HEAD /window/a',
      outcome: 'route',
      mode: 'compiled',
      route: { path: '/window/*path', handler: 'WindowController.look', upstream: 'shop-service' },
    });
  });

  it.each(['', 'GET', 'GET shop'])('asks for a method and a path instead of %j', async (request) => {
    const { exitCode, err } = await explain(request);

    expect(exitCode).toBe(64);
    expect(err).toContain('explain needs a method and a path');
  });
});
