import { describe, expect, it } from 'vitest';
import { UpstreamResponse } from '../../../../src/contracts/upstream-response.js';
import type { KongCorsConfig } from '../../../../src/kong/kong-plugins.js';
import { CORS_PLUGIN } from '../../../../src/kong/plugins/cors.plugin.js';
import { outcomeOf, placeOf, sentExchange, valuesOf } from '../../../support/kong-plugin.place.js';

const DEFAULTS: KongCorsConfig = {
  origins: undefined,
  methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'],
  headers: undefined,
  exposedHeaders: undefined,
  maxAge: undefined,
  credentials: false,
  privateNetwork: false,
  preflightContinue: false,
  allowOriginAbsent: true,
};

const compiled = (config: Partial<KongCorsConfig>) =>
  CORS_PLUGIN.compile(placeOf('cors', { ...DEFAULTS, ...config }));

/** What a page may read of an ordinary answer. */
function dressed(
  config: Partial<KongCorsConfig>,
  origin: string | undefined,
  upstream: readonly string[] = [],
) {
  const headers = origin === undefined ? [] : ['Origin', origin];
  const fields = compiled(config).dress?.(sentExchange({ headers }), upstream) ?? [];
  return {
    origin: valuesOf(fields, 'access-control-allow-origin'),
    credentials: valuesOf(fields, 'access-control-allow-credentials'),
    vary: valuesOf(fields, 'vary'),
    exposed: valuesOf(fields, 'access-control-expose-headers'),
  };
}

const preflight = (...more: string[]) =>
  sentExchange({
    method: 'OPTIONS',
    headers: ['Origin', 'https://app.example', 'Access-Control-Request-Method', 'PUT', ...more],
  });

async function answered(config: Partial<KongCorsConfig>, ...more: string[]): Promise<UpstreamResponse> {
  const answer = await outcomeOf(compiled(config), preflight(...more));
  expect(answer).toBeInstanceOf(UpstreamResponse);
  return answer as UpstreamResponse;
}

const APP = 'https://app.example';

describe('cors, on answers', () => {
  it.each([
    ['§6 cors: no origins', undefined, APP, ['*'], []],
    ['§6 cors: an empty list', [], APP, ['*'], []],
    ['§6 cors: "*"', ['*'], APP, ['*'], []],
    ['§6 cors: "*" without an Origin', ['*'], undefined, ['*'], []],
    ['§6 cors: one plain origin', [APP], APP, [APP], ['Origin']],
    ['§6 cors: one plain origin, whoever asks', [APP], 'https://evil.example', [APP], ['Origin']],
    ['§6 cors: one plain origin, nobody asks', [APP], undefined, [APP], ['Origin']],
    ['§6 cors: one of several', ['https://a.example', APP], APP, [APP], ['Origin']],
    ['§6 cors: none of several', ['https://a.example', APP], 'https://evil.example', [], ['Origin']],
    ['§6 cors: several, nobody asks', ['https://a.example', APP], undefined, [], ['Origin']],
    ['§6 cors: "*" among several', ['https://a.example', '*'], APP, ['*'], ['Origin']],
    ['§6 cors: a regex', ['https://.*\\.example'], APP, [APP], ['Origin']],
    ['§6 cors: a regex is anchored at the start', ['app\\.example:?'], 'https://app.example', [], ['Origin']],
    ['§6 cors: a regex is anchored at the end', ['https://app\\.ex'], APP, [], ['Origin']],
    ['§6 cors: a regex with anchors of its own', ['^https://app\\.example$'], APP, [APP], ['Origin']],
    [
      '§6 cors: a regex without a colon sees the host',
      ['.*\\.example'],
      `${APP}:8443`,
      [`${APP}:8443`],
      ['Origin'],
    ],
    [
      '§6 cors: a regex with a colon sees scheme and port',
      ['.*://app\\.example'],
      `${APP}:8443`,
      [],
      ['Origin'],
    ],
    [
      '§6 cors: every alternative is anchored',
      ['https://app\\.example|https://b\\.example'],
      `${APP}.evil`,
      [],
      ['Origin'],
    ],
    ['§6 cors: a port that goes without saying', ['https://a.example', APP], `${APP}:443`, [APP], ['Origin']],
    ['§6 cors: the same in the file', ['https://a.example', `${APP}:443`], APP, [APP], ['Origin']],
    ['§6 cors: another port', ['https://a.example', APP], `${APP}:444`, [], ['Origin']],
    ['§6 cors: another scheme', ['https://a.example', APP], 'http://app.example', [], ['Origin']],
    ['§6 cors: null, where it is named', ['https://a.example', 'null'], 'null', ['null'], ['Origin']],
    ['§6 cors: null, where it is not', ['https://a.example', APP], 'null', [], ['Origin']],
  ] as const)('%s', (_, origins, sent, allowed, vary) => {
    expect(dressed({ origins }, sent)).toEqual({ origin: allowed, credentials: [], vary, exposed: [] });
  });

  it.each([
    ['§6 cors: credentials and "*" reflect', ['*'], APP, [APP], ['true'], ['Origin']],
    ['§6 cors: credentials and "*", nobody asks', ['*'], undefined, ['*'], [], []],
    ['§6 cors: credentials and one origin', [APP], APP, [APP], ['true'], ['Origin']],
    [
      '§6 cors: credentials and "*" among several',
      [APP, '*'],
      'https://b.example',
      ['https://b.example'],
      ['true'],
      ['Origin'],
    ],
    [
      '§6 cors: credentials and nobody of several',
      ['https://a.example', APP],
      'https://b.example',
      [],
      ['true'],
      ['Origin'],
    ],
  ] as const)('%s', (_, origins, sent, origin, credentials, vary) => {
    expect(dressed({ origins, credentials: true }, sent)).toMatchObject({ origin, credentials, vary });
  });

  it.each([
    ['§6 cors: allow_origin_absent', true, [APP]],
    ['§6 cors: allow_origin_absent off leaves an answer alone that nobody asked from a page', false, []],
  ])('%s', (_, allowOriginAbsent, origin) => {
    expect(dressed({ origins: [APP], allowOriginAbsent }, undefined).origin).toEqual(origin);
  });

  it('§6 cors: exposed_headers', () => {
    expect(dressed({ exposedHeaders: ['X-A', 'X-B'] }, APP).exposed).toEqual(['X-A,X-B']);
  });

  it('§6 cors: what the upstream allows is replaced, or taken away', () => {
    const upstream = ['access-control-allow-origin', '*', 'Vary', 'Accept'];

    expect(dressed({ origins: [APP] }, APP, upstream)).toMatchObject({
      origin: [APP],
      vary: ['Accept, Origin'],
    });
    expect(dressed({ origins: [APP, 'null'] }, 'https://b.example', upstream).origin).toEqual([]);
  });

  it('§6 cors: nested repetitions cost no time that grows with what a client sends', () => {
    const evil = `https://${'a.'.repeat(240)}example`;

    expect(dressed({ origins: ['(([a-z])+.)+[A-Z]([a-z])+$', '(.*)*x'] }, evil).origin).toEqual([]);
  });

  it('§6 cors: an Origin longer than any of a browser is none of the list', () => {
    const long = `https://${'a'.repeat(505)}`;

    expect(dressed({ origins: ['https://a+'] }, long).origin).toEqual([]);
    expect(dressed({ origins: ['https://a+'] }, long.slice(1)).origin).toEqual([]);
    expect(dressed({ origins: ['https://a+'] }, long.slice(0, 512)).origin).toEqual([long.slice(0, 512)]);
  });
});

describe('cors, preflights', () => {
  it('§6 cors: answers 200 inside the pipeline, with all nine methods and what was asked for', async () => {
    const answer = await answered({}, 'Access-Control-Request-Headers', 'x-a, x-b');

    expect(answer.status).toBe(200);
    expect(answer.body.length).toBe(0);
    expect(answer.headers).toEqual([
      'Access-Control-Allow-Origin',
      '*',
      'Access-Control-Allow-Headers',
      'x-a, x-b',
      'Access-Control-Allow-Methods',
      'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
    ]);
  });

  it.each([
    ['§6 cors: methods', { methods: ['GET', 'PUT'] }, 'access-control-allow-methods', ['GET,PUT']],
    ['§6 cors: headers', { headers: ['X-A', 'X-B'] }, 'access-control-allow-headers', ['X-A,X-B']],
    ['§6 cors: no headers asked for', {}, 'access-control-allow-headers', []],
    ['§6 cors: max_age', { maxAge: 60 }, 'access-control-max-age', ['60']],
    ['§6 cors: max_age 0', { maxAge: 0 }, 'access-control-max-age', ['0']],
    ['§6 cors: no max_age', {}, 'access-control-max-age', []],
    ['§6 cors: an origin of the list', { origins: [APP, 'null'] }, 'access-control-allow-origin', [APP]],
    [
      '§6 cors: none of the list',
      { origins: ['null', 'https://b.example'] },
      'access-control-allow-origin',
      [],
    ],
    ['§6 cors: Vary', { origins: [APP] }, 'vary', ['Origin']],
    ['§6 cors: credentials reflect', { credentials: true }, 'access-control-allow-origin', [APP]],
    ['§6 cors: no private_network', {}, 'access-control-allow-private-network', []],
    [
      '§6 cors: exposed_headers are for answers',
      { exposedHeaders: ['X-A'] },
      'access-control-expose-headers',
      [],
    ],
  ] as const)('%s', async (_, config, field, values) => {
    expect(valuesOf((await answered(config)).headers, field)).toEqual(values);
  });

  it.each([
    ['§6 cors: private_network, asked for', true, 'true', ['true']],
    ['§6 cors: private_network, refused', false, 'true', []],
    ['§6 cors: private_network, not asked for', true, 'false', []],
  ] as const)('%s', async (_, privateNetwork, asked, values) => {
    const answer = await answered({ privateNetwork }, 'Access-Control-Request-Private-Network', asked);

    expect(valuesOf(answer.headers, 'access-control-allow-private-network')).toEqual(values);
  });

  it('§6 cors: preflight_continue leaves all to the upstream', async () => {
    const plugin = compiled({ preflightContinue: true });
    const theirs = ['Access-Control-Allow-Origin', 'https://theirs.example'];

    expect(await outcomeOf(plugin, preflight())).toBe('passed');
    expect(plugin.dress?.(preflight(), theirs)).toEqual(theirs);
  });

  it('§6 cors: an answered preflight is not dressed a second time', async () => {
    const { headers } = await answered({ credentials: true });

    expect(compiled({ credentials: true }).dress?.(preflight(), headers)).toEqual(headers);
  });

  it.each([
    ['§6 cors: another method', 'GET', ['Origin', APP, 'Access-Control-Request-Method', 'PUT']],
    ['§6 cors: no Origin', 'OPTIONS', ['Access-Control-Request-Method', 'PUT']],
    ['§6 cors: no method asked for', 'OPTIONS', ['Origin', APP]],
  ])('%s is no preflight', async (_, method, headers) => {
    expect(await outcomeOf(compiled({}), sentExchange({ method, headers }))).toBe('passed');
  });
});

describe('cors, at load', () => {
  it('§6 cors: refuses regexes that need more than linear time, each by name', () => {
    const origins = ['https://(?!evil).*\\.example', APP, '*', '(a)\\1:', `x{${'9'.repeat(3)}}(`];

    const problems = CORS_PLUGIN.check?.(placeOf('cors', { ...DEFAULTS, origins }));

    expect(problems).toHaveLength(3);
    expect(problems?.[0]).toMatch(
      /^origins: "https:\/\/\(\?!evil\)\.\*\\\\\.example" looks ahead or behind, which no engine does in linear time/,
    );
    expect(problems?.[1]).toContain('refers back to a group');
    expect(problems?.[2]).toContain('is no regex');
  });

  it.each([
    ['long', `${'a'.repeat(2_048)}+`, /has 2049 characters; must be at most 2048/],
    ['costly', '(a|b){400}[cd]+', /compiles to \d+ instructions; must be at most 256/],
  ])('§6 cors: refuses a regex that is too %s', (_, regex, problem) => {
    const problems = CORS_PLUGIN.check?.(placeOf('cors', { ...DEFAULTS, origins: [regex] }));

    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it('§6 cors: refuses what could not stand in a header, all at once', () => {
    const problems = CORS_PLUGIN.check?.(
      placeOf('cors', {
        ...DEFAULTS,
        methods: ['GET', ''],
        headers: ['X-A', 'X-B, X-C', 'X-Ü'],
        exposedHeaders: ['*', 'X-\r\nY: 1'],
      }),
    );

    expect(problems).toEqual([
      expect.stringMatching(/^methods: "" cannot stand in a header/),
      expect.stringMatching(/^headers: "X-Ü" cannot stand/),
      expect.stringMatching(/^exposed_headers: "X-\\r\\nY: 1" cannot stand/),
    ]);
  });

  it('§6 cors: has nothing to say of sound lists', () => {
    const origins = [APP, '*', '^https://.*\\.example$', 'null'];

    expect(CORS_PLUGIN.check?.(placeOf('cors', { ...DEFAULTS, origins }))).toEqual([]);
    expect(CORS_PLUGIN.check?.(placeOf('cors', DEFAULTS))).toEqual([]);
    expect(CORS_PLUGIN.priority).toBe(2_000);
  });
});
