import { describe, expect, it } from 'vitest';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';
import { UpstreamResponse, WholeBody } from '../../../../src/contracts/upstream-response.js';
import { TransformRequestPolicy } from '../../../../src/policies/transform-request/transform-request.policy.js';
import { transformRequestStage } from '../../../../src/policies/transform-request/transform-request.stage.js';
import { counting, exchangeOf } from './call.fixture.js';

const policy = new TransformRequestPolicy();

function sentTo(path: string, rest = 'a/b c'): string | undefined {
  const exchange = exchangeOf(['X-Path', '/from/header', 'X-Up', '/../up'], '?q=1');
  exchange.route = { paramNames: ['id', 'rest'] } as unknown as RouteFacts;
  exchange.params = ['7', rest];
  void transformRequestStage({ path }, counting())(exchange);
  expect(exchange.call?.query).toBe('?q=1');
  return exchange.call?.path;
}

describe('the path of the upstream request', () => {
  it.each([
    ['/fixed', '/fixed'],
    ['/', '/'],
    ['/%7euser', '/~user'],
    ['/v2/$(uri_captures.id)', '/v2/7'],
    ['/v2/$(uri_captures[2])/end', '/v2/a/b%20c/end'],
    ['/$(uuid)', '/id-1'],
    ['$(headers["x-path"])', '/from/header'],
    ['$(headers["x-path"])/$(uri_captures.id)', '/from/header/7'],
    ['/a$(headers.absent)', '/a'],
    ['$(headers.absent)', '/users/7'],
  ])('%s', (path, sent) => {
    expect(policy.check({ path })).toEqual([]);
    expect(sentTo(path)).toBe(sent);
  });

  it.each(['..', '.', '../x', 'x/..', '/x', 'x//y', '..;a', 'a\\b', '\0', 'a\\..\\b'])(
    'is refused where %j would make it readable in two ways',
    (rest) => {
      expect(() => sentTo('/v2/$(uri_captures.rest)', rest)).toThrow(
        expect.objectContaining({ code: 'ambiguous-path', policy: 'transform-request' }),
      );
    },
  );

  it.each([
    ['?a=b', '%3Fa=b'],
    ['#a', '%23a'],
    [' HTTP/1.1\r\nX: y', '%20HTTP/1.1%0D%0AX:%20y'],
    ['%2e%2e', '%252e%252e'],
    ['é', '%C3%A9'],
  ])('stays one path when %j is filled in', (rest, sent) => {
    expect(sentTo('/v2/x$(uri_captures.rest)', rest)).toBe(`/v2/x${sent}`);
  });

  it.each([
    ['an empty segment', '/a/$(headers.absent)/b'],
    ['a header that climbs', '$(headers["x-up"])'],
    ['a start without a slash', '$(uri_captures.id)'],
    ['two slashes at the start', '/$(headers["x-path"])'],
  ])('is refused with %s', (_what, path) => {
    expect(() => sentTo(path)).toThrow(expect.objectContaining({ code: 'ambiguous-path' }));
  });

  it.each([
    ['', /path is ""; must be a path/],
    ['users', /must be a path from the root/],
    ['//host/a', /can be read in one way only/],
    ['/a/../b', /path is/],
    ['/a?b=1', /no query/],
    ['/a b', /percent-encoded/],
    ['/a%2Fb', /path is/],
    ['/../$(uri_captures.id)', /path is/],
    ['a/$(uri_captures.id)', /path is/],
    ['/$(os.time())', /path holds "\$\(os\.time\(\)"; what can be filled in/],
  ])('cannot be declared as %j', (path, problem) => {
    expect(policy.check({ path })).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the method of the upstream request', () => {
  it('takes the place of the client’s', () => {
    const exchange = exchangeOf();

    void transformRequestStage({ method: 'PUT' })(exchange);

    expect(exchange.call?.method).toBe('PUT');
    expect(exchange.call?.path).toBe('/users/7');
  });

  it.each([['put'], ['CONNECT'], ['TRACE'], ['GET /'], [''], [7]])('cannot be %j', (method) => {
    expect(policy.check({ method } as never)).toEqual([
      expect.stringMatching(/^method is .*; must be a method/),
    ]);
  });

  it('never promises a client the body that HEAD does not bring', async () => {
    const { after } = policy.compile({ method: 'HEAD' });
    const answer = new UpstreamResponse(200, [], {
      ...new WholeBody(Buffer.alloc(0)),
      length: 12,
      pipe: () => ({ resume() {}, cancel() {} }),
      discard() {},
    });

    expect((await after?.(exchangeOf(), answer))?.body.length).toBe(0);
    expect(policy.compile({ method: 'GET' }).after).toBeUndefined();
  });
});
