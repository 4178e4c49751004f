import { describe, expect, it } from 'vitest';
import type { UpstreamDefinition } from '../../../../src/contracts/upstream-definition.js';
import { resolveUpstream } from '../../../../src/proxy/upstream/resolve-upstream.js';
import { env } from '../../../../src/targets/env.js';

const resolve = (options: unknown, name: unknown = 'user-service') =>
  resolveUpstream({ name, options } as UpstreamDefinition, { USERS_URL: 'http://users:3001' });

const messages = (options: unknown, name?: unknown): string[] =>
  resolve(options, name).problems.map(({ where, message }) => `${where}: ${message}`);

describe('resolveUpstream', () => {
  it('fills in every default', () => {
    const { settings } = resolve({ targets: env('USERS_URL') });

    expect(settings).toEqual({
      name: 'user-service',
      targets: [{ id: 'users:3001', host: 'users', port: 3001, tls: false, weight: 1 }],
      protocol: 'http1',
      timeouts: { connectMs: 1_000, headersMs: 5_000, idleMs: 60_000, totalMs: 15_000 },
      breaker: {
        errorPercent: 50,
        volume: 20,
        windowMs: 10_000,
        resetMs: 10_000,
        failureStatuses: [500, 502, 503, 504],
      },
      retry: { attempts: 1, budgetPercent: 20, statuses: [] },
      pool: { maxConnections: 1_024, maxWaiting: 1_024, idleMs: 30_000, maxAgeMs: 300_000 },
      tls: undefined,
      dns: { refreshMs: 5_000, denied: undefined },
      proxy: undefined,
      critical: false,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('keeps what is stated and takes undefined for not stated', () => {
    const { settings } = resolve({
      targets: 'http://a:1',
      breaker: { errorPercent: 10, volume: undefined },
      retry: false,
      critical: true,
    });

    expect(settings?.breaker).toMatchObject({ errorPercent: 10, volume: 20 });
    expect([settings?.retry, settings?.critical]).toEqual([undefined, true]);
  });

  it.each([
    [{ headersMs: 30_000 }, 31_000],
    [{ headersMs: 0 }, 0],
    [{ headersMs: 30_000, totalMs: 2_000 }, 2_000],
    [{ headersMs: 100 }, 15_000],
  ])('makes room in the total for %j', (timeout, totalMs) => {
    const { settings } = resolve({ targets: 'http://a:1', timeout });

    expect(settings?.timeouts.totalMs).toBe(totalMs);
  });

  it('lists every mistake at once, each with the upstream’s name, what was found and the mend', () => {
    const problems = messages({
      targets: 'http://users:3001/v1',
      timeuot: {},
      timeout: { headersMs: -1, conectMs: 5 },
      breaker: { errorPercent: 150, volume: 2.5, failureStatuses: [404] },
      retry: { attempts: 99, statuses: 503 },
      pool: { maxConnections: 0, maxAgeMs: -1 },
      tls: { caFile: 'ca.pem' },
      dns: { refreshMs: 1, denny: [] },
      proxy: 'yes',
      critical: 'no',
    });

    expect(problems).toEqual([
      'user-service: timeuot is not an option; did you mean timeout?',
      'user-service: proxy is "yes"; must be an object.',
      'user-service: critical is "no"; must be true or false.',
      'user-service: targets is "http://users:3001/v1", with a path or query; must end after the port. ' +
        "Give the path as the controller's upstreamPath.",
      'user-service: timeout.headersMs is -1; must be a whole number, 0–86400000.',
      'user-service: timeout.conectMs is not an option; did you mean timeout.connectMs?',
      'user-service: breaker.errorPercent is 150; must be 1–100.',
      'user-service: breaker.volume is 2.5; must be a whole number, 1–1000000.',
      'user-service: breaker.failureStatuses is [404]; must be a list of whole numbers, 500–599.',
      'user-service: retry.attempts is 99; must be a whole number, 0–10.',
      'user-service: retry.statuses is 503; must be a list of whole numbers, 400–599.',
      'user-service: pool.maxConnections is 0; must be a whole number, 1–65535.',
      'user-service: pool.maxAgeMs is -1; must be a whole number, 0–86400000.',
      'user-service: tls.caFile is ca.pem, which cannot be read (ENOENT); mount it, or name the right file.',
      'user-service: dns.refreshMs is 1; must be a whole number, 100–3600000.',
      'user-service: dns.denny is not an option; did you mean dns.deny?',
      'user-service: tls has no effect beside proxy; give http-proxy-middleware an agent with it (proxy.agent), or leave proxy out.',
      'user-service: dns has no effect beside proxy; give http-proxy-middleware an agent with it (proxy.agent), or leave proxy out.',
    ]);
  });

  it.each(['Users', '1users', 'users_service', 'users.', '', 'a'.repeat(64), '-users', 7])(
    'refuses the name %j',
    (name) => {
      const problems = messages({ targets: 'http://a:1' }, name);

      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain('must be a lower-case letter');
    },
  );

  it.each([undefined, null, 'http://a:1', []])('refuses %j for options without throwing', (options) => {
    expect(messages(options).join()).toContain('user-service: ');
  });

  it.each([
    ['breaker', true],
    ['retry', true],
    ['pool', null],
    ['timeout', 5_000],
  ])('refuses %s: %j', (group, value) => {
    const problems = messages({ targets: 'http://a:1', [group]: value });

    expect(problems).toEqual([`user-service: ${group} is ${value}; must be an object of options.`]);
  });

  it('names a missing variable', () => {
    const problems = messages({ targets: env('ORDERS_URL') });

    expect(problems).toEqual([
      'user-service: ORDERS_URL is not set and has no fallback; set it to http://host:port.',
    ]);
  });
});
