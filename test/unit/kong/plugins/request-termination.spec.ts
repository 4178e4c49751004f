import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UpstreamResponse } from '../../../../src/contracts/upstream-response.js';
import type { KongRequestTerminationConfig } from '../../../../src/kong/kong-plugins.js';
import { REQUEST_TERMINATION_PLUGIN } from '../../../../src/kong/plugins/request-termination.plugin.js';
import { outcomeOf, placeOf, type Sent, sentExchange, valuesOf } from '../../../support/kong-plugin.place.js';

const DEFAULTS: KongRequestTerminationConfig = {
  statusCode: 503,
  message: undefined,
  body: undefined,
  contentType: undefined,
  echo: false,
  trigger: undefined,
};

async function answerTo(config: Partial<KongRequestTerminationConfig>, sent: Sent = {}, strict = false) {
  const place = placeOf('request-termination', { ...DEFAULTS, ...config }, strict);
  const answer = await outcomeOf(REQUEST_TERMINATION_PLUGIN.compile(place), sentExchange(sent));
  if (!(answer instanceof UpstreamResponse)) return answer;
  const text = answer.body.whole?.toString() ?? '';
  return { status: answer.status, type: valuesOf(answer.headers, 'content-type')[0], text };
}

const JSON_TYPE = 'application/json; charset=utf-8';

describe('request-termination', () => {
  it.each([
    ['§6 request-termination: the defaults', {}, 503, '{"message":"Service unavailable"}'],
    ['§6 request-termination: 401', { statusCode: 401 }, 401, '{"message":"Unauthorized"}'],
    ['§6 request-termination: 404', { statusCode: 404 }, 404, '{"message":"Not found"}'],
    ['§6 request-termination: 405', { statusCode: 405 }, 405, '{"message":"Method not allowed"}'],
    ['§6 request-termination: 500', { statusCode: 500 }, 500, '{"message":"An unexpected error occurred"}'],
    ['§6 request-termination: 502', { statusCode: 502 }, 502, '{"message":"Bad Gateway"}'],
    ['§6 request-termination: a message of its own', { message: 'So long!' }, 503, '{"message":"So long!"}'],
    [
      '§6 request-termination: a message where Kong knows none',
      { statusCode: 418, message: 'short and stout' },
      418,
      '{"message":"short and stout"}',
    ],
    ['§6 request-termination: a body without a type', { body: '{"code":1}' }, 503, '{"code":1}'],
    ['§5 answers plain JSON, whatever Accept says', { statusCode: 404 }, 404, '{"message":"Not found"}'],
  ] as const)('%s', async (_, config, status, text) => {
    const answer = await answerTo(config, { headers: ['Accept', 'text/html'] });

    expect(answer).toEqual({ status, type: JSON_TYPE, text });
  });

  it.each([
    [
      '§6 request-termination: a body with its type',
      { statusCode: 451, body: '<h1>gone</h1>', contentType: 'text/html' },
      { status: 451, type: 'text/html', text: '<h1>gone</h1>' },
    ],
    [
      '§6 request-termination: nothing to say',
      { statusCode: 418 },
      { status: 418, type: undefined, text: '' },
    ],
    ['§6 request-termination: 204', { statusCode: 204 }, { status: 204, type: undefined, text: '' }],
  ] as const)('%s', async (_, config, answer) => {
    expect(await answerTo(config)).toEqual(answer);
  });

  it.each([
    ['§6 request-termination: no trigger sent', {}, false],
    ['§6 request-termination: the trigger as a header', { headers: ['x-OFF', '1'] }, true],
    ['§6 request-termination: the trigger as an empty header', { headers: ['X-Off', ''] }, true],
    ['§6 request-termination: the trigger as a parameter', { query: '?a=1&X-Off=yes' }, true],
    ['§6 request-termination: the trigger as a parameter without a value', { query: '?X-Off' }, true],
    ['§6 request-termination: parameters are compared with case', { query: '?x-off' }, false],
    ['§6 request-termination: the trigger as a value', { query: '?a=X-Off' }, false],
  ] as const)('%s', async (_, sent, ends) => {
    const answer = await answerTo({ trigger: 'X-Off' }, sent);

    expect(answer).toEqual(ends ? expect.objectContaining({ status: 503 }) : 'passed');
  });

  it('§6 request-termination: echo tells the request, the route and the service', async () => {
    const answer = await answerTo(
      { echo: true, statusCode: 404 },
      {
        method: 'POST',
        query: '?hello=there&flag&a=1&a=2',
        headers: ['Host', 'Api.Example:8000', 'X-A', '1', 'x-a', '2', 'Cookie', 'session=1'],
        body: { stream: Readable.from([Buffer.from('cool body')]), length: 9 },
      },
    );

    expect(JSON.parse((answer as { text: string }).text)).toEqual({
      message: 'Not found',
      request: {
        method: 'POST',
        scheme: 'http',
        host: 'api.example',
        port: 8000,
        path: '/a',
        query: { hello: 'there', flag: true, a: ['1', '2'] },
        headers: { host: 'Api.Example:8000', 'x-a': ['1', '2'], cookie: '(not told)' },
        raw_body: 'cool body',
      },
      matched_route: {
        id: 'route-1',
        name: 'shop-route',
        protocols: ['http', 'https'],
        paths: ['/a'],
        strip_path: true,
        preserve_host: false,
        regex_priority: 0,
        https_redirect_status_code: 426,
        service: { id: 'service-1' },
      },
      matched_service: { id: 'service-1', name: 'shop' },
    });
  });

  it('§6 request-termination: echo in strict ways holds nothing back', async () => {
    const answer = await answerTo({ echo: true }, { headers: ['Cookie', 'session=1'] }, true);

    expect(JSON.parse((answer as { text: string }).text)).toMatchObject({
      request: { headers: { cookie: 'session=1' } },
      matched_service: { host: 'shop.internal', port: 8080, path: '/v1' },
    });
  });

  it.each([
    ['of a declared length', 8_193],
    ['of an unknown one', undefined],
  ])('§6 request-termination: echo leaves a long body %s where it is', async (_, length) => {
    const stream = new Readable({ read: () => {} });
    stream.push(Buffer.alloc(8_193));

    const answer = await answerTo({ echo: true }, { method: 'POST', body: { stream, length } });

    expect(JSON.parse((answer as { text: string }).text)).not.toHaveProperty('request.raw_body');
    expect(stream.destroyed).toBe(false);
  });

  it('§6 request-termination: a client that leaves while its body is read gets no answer', async () => {
    const stream = new Readable({ read: () => {} });
    const answer = answerTo({ echo: true }, { method: 'POST', body: { stream, length: 10 } });

    stream.destroy();

    expect(await answer).toMatchObject({ code: 'client-closed' });
  });

  it('§6 request-termination: a parameter may have any name', async () => {
    const answer = await answerTo({ echo: true }, { query: '?__proto__=1&constructor=2' });

    expect((answer as { text: string }).text).toContain('"query":{"__proto__":"1","constructor":"2"}');
  });

  it('§2 runs behind nearly everything', () => {
    expect(REQUEST_TERMINATION_PLUGIN.priority).toBe(2);
  });

  it.each([
    [{ statusCode: 101 }, /^status_code is 101; must be 200–599/],
    [
      { body: 'x', contentType: 'text/html\r\nX-A: 1' },
      /^content_type is "text\/html\\r\\nX-A: 1"; must be a media type/,
    ],
  ])('§6 request-termination: refuses %j at load', (config, problem) => {
    const problems = REQUEST_TERMINATION_PLUGIN.check?.(
      placeOf('request-termination', { ...DEFAULTS, ...config }),
    );

    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it('§6 request-termination: has nothing to say of the defaults', () => {
    expect(REQUEST_TERMINATION_PLUGIN.check?.(placeOf('request-termination', DEFAULTS))).toEqual([]);
  });
});
