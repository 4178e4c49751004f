import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import { declaredPolicies } from '../../../../src/contracts/policy.js';
import { EMPTY_BODY, UpstreamResponse } from '../../../../src/contracts/upstream-response.js';
import { TransformResponse } from '../../../../src/policies/transform-response/transform-response.decorator.js';
import type { TransformResponseOptions } from '../../../../src/policies/transform-response/transform-response.options.js';
import { TransformResponsePolicy } from '../../../../src/policies/transform-response/transform-response.policy.js';
import { transformResponseStage } from '../../../../src/policies/transform-response/transform-response.stage.js';

const policy = new TransformResponsePolicy();
const check = (options: unknown): readonly string[] => policy.check(options as TransformResponseOptions);
const exchange = { correlationId: 'corr-1' } as Exchange;

describe('@TransformResponse', () => {
  it('edits the headers of the answer and nothing else', async () => {
    const stage = transformResponseStage({
      headers: {
        remove: ['server'],
        rename: { 'X-Old': 'X-New' },
        set: { 'Cache-Control': 'no-store' },
        add: { 'X-Frame-Options': 'DENY', Vary: 'not added' },
        append: { 'Set-Cookie': 'b=2' },
      },
    });
    const answered = new UpstreamResponse(
      418,
      ['Server', 'x', 'x-old', '1', 'Cache-Control', 'public', 'Vary', '*', 'Set-Cookie', 'a=1'],
      EMPTY_BODY,
      'user-service',
    );

    const response = await stage(exchange, answered);

    expect(response).toMatchObject({ status: 418, body: EMPTY_BODY, upstream: 'user-service' });
    expect(response.headers).toEqual([
      'x-new',
      '1',
      'Vary',
      '*',
      'Set-Cookie',
      'a=1',
      'cache-control',
      'no-store',
      'x-frame-options',
      'DENY',
      'set-cookie',
      'b=2',
    ]);
    expect(answered.headers).toHaveLength(10);
  });

  it('fills in a new UUID at every place', async () => {
    let count = 0;
    const stage = transformResponseStage(
      { headers: { set: { 'X-A': '$(uuid)+$(uuid)' } } },
      () => `id-${++count}`,
    );

    const response = await stage(exchange, new UpstreamResponse(200, [], EMPTY_BODY));

    expect(response.header('x-a')).toBe('id-1+id-2');
  });

  it.each(['Content-Length', 'Transfer-Encoding', 'Connection', 'Trailer', 'X-Correlation-ID'])(
    'lets no verb touch %s',
    (name) => {
      const problems = check({ headers: { remove: [name], rename: { 'X-A': name }, set: { [name]: '1' } } });

      expect(problems).toHaveLength(3);
    },
  );

  it.each([
    [{}, /changes nothing/],
    [{ headers: { set: { 'X-A': 'a\r\nSet-Cookie: x' } } }, /no header may carry/],
    [{ headers: { set: { 'X-A': '$(hostname)' } } }, /only \$\(uuid\)/],
    [{ headers: {}, query: {} }, /query is not an option/],
  ])('tells what is wrong with %j', (options, problem) => {
    expect(check(options)).toEqual([expect.stringMatching(problem)]);
  });

  it('declares a stage on the answer', () => {
    @TransformResponse({ headers: { remove: ['Server'] } })
    class Users {}

    expect(declaredPolicies(Users)).toMatchObject([
      { policy: 'transform-response', writtenAs: '@TransformResponse' },
    ]);
    expect(policy.stage()).toBe('filter');
    expect(policy.describe({ headers: { remove: ['Server'] } })).toBe('remove Server');
    expect(Object.keys(policy.compile({ headers: { remove: ['Server'] } }))).toEqual(['after']);
  });
});
