import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../src/contracts/exchange.js';
import type { TransformRequestOptions } from '../../../../src/policies/transform-request/transform-request.options.js';
import { transformRequestStage } from '../../../../src/policies/transform-request/transform-request.stage.js';
import { counting, editedHeaders, exchangeOf } from './call.fixture.js';

function transformed(
  options: TransformRequestOptions,
  rawHeaders: readonly string[] = [],
  query = '',
): Exchange {
  const exchange = exchangeOf(rawHeaders, query);
  transformRequestStage(options, counting())(exchange);
  return exchange;
}

describe('headers', () => {
  it('are removed, renamed, set, added and appended in this order, however it is written', () => {
    const exchange = transformed(
      {
        headers: {
          append: { 'X-E': 'appended' },
          add: { 'X-D': 'added', 'X-B2': 'not added: renamed to it before' },
          set: { 'X-C': 'set' },
          rename: { 'X-B': 'X-B2' },
          remove: ['X-A'],
        },
      },
      ['x-a', '1', 'X-b', '2', 'X-C', '3', 'x-c', '4', 'X-E', '5', 'X-A', '6'],
    );

    expect(editedHeaders(exchange)).toEqual([
      'x-b2',
      '2',
      'X-E',
      '5',
      'x-c',
      'set',
      'x-d',
      'added',
      'x-e',
      'appended',
    ]);
  });

  it('are added only when the client did not send them', () => {
    const edits = { headers: { add: { 'X-Tenant': 'default' } } };

    expect(editedHeaders(transformed(edits))).toEqual(['x-tenant', 'default']);
    expect(editedHeaders(transformed(edits, ['X-TENANT', 'mine']))).toEqual(['X-TENANT', 'mine']);
  });

  it('that are the same for everyone come from one list', () => {
    const stage = transformRequestStage({ headers: { set: { 'X-A': '1' } } });
    const [one, two] = [exchangeOf(), exchangeOf()];

    stage(one);
    stage(two);

    expect(one.call?.headerEdits[0]).toBe(two.call?.headerEdits[0]);
  });

  it('follow the edits that were made before', () => {
    const exchange = exchangeOf();
    exchange.call = exchange.call?.withHeader('X-A', 'before');

    transformRequestStage({ headers: { append: { 'X-A': 'after' } } })(exchange);

    expect(editedHeaders(exchange)).toEqual(['x-a', 'before', 'x-a', 'after']);
  });
});

describe('the query', () => {
  it('is edited in the same order, names with case, and what is not named keeps its bytes', () => {
    const exchange = transformed(
      {
        query: {
          remove: ['a'],
          rename: { b: 'c d' },
          set: { e: 'x&y=z' },
          add: { f: '1', g: '2' },
          append: { g: '$(uuid)' },
        },
      },
      [],
      '?a=1&A=%7e&b=+2&e=1&e=2&f=own',
    );

    expect(exchange.call?.query).toBe('?A=%7e&c%20d=+2&f=own&e=x%26y%3Dz&g=2&g=id-1');
  });
});

describe('$(uuid)', () => {
  it('is a new one at every place and for every request', () => {
    const stage = transformRequestStage(
      {
        headers: { set: { 'X-A': '<$(uuid)/$(uuid)>', 'X-B': '$(uuid)' } },
        query: { set: { q: '$(uuid)' } },
      },
      counting(),
    );
    const [one, two] = [exchangeOf(), exchangeOf()];

    stage(one);
    stage(two);

    expect(editedHeaders(one)).toEqual(['x-a', '<id-1/id-2>', 'x-b', 'id-3']);
    expect(one.call?.query).toBe('?q=id-4');
    expect(editedHeaders(two)).toEqual(['x-a', '<id-5/id-6>', 'x-b', 'id-7']);
  });

  it('is a random UUID unless told otherwise', () => {
    const exchange = exchangeOf();

    transformRequestStage({ headers: { set: { 'X-A': '$(uuid)' } } })(exchange);

    expect(editedHeaders(exchange)[1]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['set', 'add', 'append'] as const)(
    "is the exchange's own id in the correlation header: %s",
    (verb) => {
      const exchange = exchangeOf();
      const minted = exchange.correlationId;

      transformRequestStage({ headers: { [verb]: { 'x-CORRELATION-id': '$(uuid)' } } }, counting())(exchange);

      expect(exchange.correlationId).toBe(minted);
      expect(editedHeaders(exchange)).toEqual(['x-correlation-id', minted]);
    },
  );
});

describe('the correlation header', () => {
  it.each<[string, TransformRequestOptions, readonly string[], string]>([
    ['is set', { headers: { set: { 'X-Correlation-ID': 'fixed' } } }, ['X-Correlation-ID', 'sent'], 'fixed'],
    [
      'is set to more',
      { headers: { set: { 'X-Correlation-ID': 'eu.$(uuid)' } } },
      ['X-Correlation-ID', 'a'],
      'eu.a',
    ],
    ['is added', { headers: { add: { 'X-Correlation-ID': 'fixed' } } }, [], 'fixed'],
    [
      'was there',
      { headers: { add: { 'X-Correlation-ID': 'fixed' } } },
      ['X-Correlation-ID', 'sent'],
      'sent',
    ],
    [
      'is taken from another',
      { headers: { rename: { 'X-Req': 'X-Correlation-ID' } } },
      ['x-req', 'theirs'],
      'theirs',
    ],
    ['is appended alone', { headers: { append: { 'X-Correlation-ID': 'fixed' } } }, [], 'fixed'],
    [
      'stands twice',
      { headers: { append: { 'X-Correlation-ID': 'b' } } },
      ['X-Correlation-ID', 'sent'],
      'sent',
    ],
    ['is removed', { headers: { remove: ['X-Correlation-ID'] } }, ['X-Correlation-ID', 'sent'], 'sent'],
  ])('gives the exchange its id when it %s', (_what, options, sent, id) => {
    expect(transformed(options, sent).correlationId).toBe(id);
  });

  it('never gives an invalid id', () => {
    const rename = { headers: { rename: { 'X-Req': 'X-Correlation-ID' } } };
    const long = { headers: { set: { 'X-Correlation-ID': 'eu.$(uuid)' } } };
    const longest = '0'.repeat(128);

    expect(transformed(rename, ['X-Req', '"}{']).correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(transformed(long, ['X-Correlation-ID', longest]).correlationId).toBe(longest);
  });
});

it('changes nothing where no call was made', () => {
  const exchange = exchangeOf();
  exchange.call = undefined;

  transformRequestStage({ headers: { set: { 'X-A': '1' } } })(exchange);

  expect(exchange.call).toBeUndefined();
});
