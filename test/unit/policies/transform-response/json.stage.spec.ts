import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import { UpstreamResponse, WholeBody } from '../../../../src/contracts/upstream-response.js';
import type { JsonEdits } from '../../../../src/policies/transform-response/json-edits.options.js';
import { TransformResponsePolicy } from '../../../../src/policies/transform-response/transform-response.policy.js';
import { transformResponseStage } from '../../../../src/policies/transform-response/transform-response.stage.js';
import { exchangeFor, SentBody } from '../json-body/answer.fixture.js';

const TYPE = ['content-type', 'application/json'];

interface Told {
  readonly route: string;
  readonly upstream: string | undefined;
  readonly reason: string;
}

async function edited(json: JsonEdits, response: UpstreamResponse, method = 'GET') {
  const told: Told[] = [];
  const stage = transformResponseStage({ json }, undefined, {
    unchanged: (route, upstream, reason) => void told.push({ route, upstream, reason }),
  });
  const after = await stage(exchangeFor(method), response);
  return { after, told, text: after.body.whole?.toString('utf8') };
}

const answer = (text: string | Buffer, headers: readonly string[] = TYPE, status = 200) =>
  new UpstreamResponse(status, headers, new WholeBody(Buffer.from(text)), 'user-service');

describe('the members of a JSON answer', () => {
  it('are removed, renamed, set, replaced, added and appended in this order, however it is written', async () => {
    const { text } = await edited(
      {
        append: { tags: ['x', ['y']], n: 6, none: 1 },
        add: { d: null, b2: 'not added: renamed to it before' },
        replace: { c: { deep: [true] }, gone: 1 },
        set: { e: false },
        rename: { b: 'b2' },
        remove: ['a'],
      },
      answer('{"a":1,"b":2,"c":3,"tags":["t"],"n":5}'),
    );

    expect(JSON.parse(text ?? '')).toEqual({
      b2: 2,
      c: { deep: [true] },
      tags: ['t', 'x', ['y']],
      n: [5, 6],
      e: false,
      d: null,
      none: [1],
    });
  });

  it('keep the digits of numbers, and names that are special to JavaScript', async () => {
    const { text } = await edited(
      { remove: ['a'], add: { constructor: 1 } },
      answer('{"a":1,"id":12345678901234567890,"__proto__":{"x":1}}'),
    );

    expect(text).toBe('{"id":12345678901234567890,"__proto__":{"x":1},"constructor":1}');
  });

  it('take with them what described the bytes, and nothing else', async () => {
    const headers = [
      ...TYPE,
      'ETag',
      '"x"',
      'Content-MD5',
      'x',
      'Digest',
      'x',
      'Accept-Ranges',
      'bytes',
      'X-A',
      '1',
    ];

    const { after } = await edited({ remove: ['a'] }, answer('{"a":1}', headers, 201));

    expect(after).toMatchObject({ status: 201, upstream: 'user-service' });
    expect(after.headers).toEqual([...TYPE, 'ETag', '"x"', 'X-A', '1']);
    expect(after.body.length).toBe(2);
  });

  it.each(['[{"a":1}]', '"a"', '7', 'null', '{"b": 1.0}', ''])(
    'change nothing in %j, which keeps its bytes',
    async (text) => {
      const given = answer(text, [...TYPE, 'Digest', 'x']);

      const { after, told } = await edited({ remove: ['a'], replace: { c: 1 } }, given);

      expect(after.body.whole?.toString()).toBe(text);
      expect(after.headers).toBe(given.headers);
      expect(told).toEqual([]);
    },
  );

  it('are edited after the last byte where it streams', async () => {
    const body = new SentBody();
    const waiting = edited({ set: { b: 2 } }, new UpstreamResponse(200, TYPE, body, 'user-service'));

    body.send('{"a"', ':1}');
    body.sink?.end();

    expect((await waiting).text).toBe('{"a":1,"b":2}');
  });

  it('are edited without a promise where the body is in memory', () => {
    expect(transformResponseStage({ json: { set: { a: 1 } } })(exchangeFor(), answer('{}'))).toBeInstanceOf(
      UpstreamResponse,
    );
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('are found in %s', async (coding, compress) => {
    const headers = [...TYPE, 'Content-Encoding', coding];

    const changed = await edited({ remove: ['a'] }, answer(compress('{"a":1}'), headers));
    const kept = await edited({ remove: ['b'] }, answer(compress('{"a":1}'), headers));

    expect(changed.text).toBe('{}');
    expect(changed.after.headers).toEqual(TYPE);
    expect(kept.after.body.whole).toEqual(compress('{"a":1}'));
    expect(kept.after.headers).toEqual(headers);
  });

  it('are edited before the headers are', async () => {
    const stage = transformResponseStage({
      json: { remove: ['a'] },
      headers: { set: { 'Content-Type': 'text/plain', Digest: 'ours' } },
    });

    const after = await stage(exchangeFor(), answer('{"a":1}', [...TYPE, 'Digest', 'theirs']));

    expect(after.body.whole?.toString()).toBe('{}');
    expect(after.headers).toEqual(['content-type', 'text/plain', 'digest', 'ours']);
  });

  it('are what a model makes of them, for any object', () =>
    fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom('a', 'b', 'c', 'd'),
          fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 })),
        ),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer()),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer()),
        fc.subarray(['a', 'b']),
        async (members, replace, add, remove) => {
          const expected: Record<string, unknown> = { ...members };
          for (const name of remove) delete expected[name];
          for (const [name, value] of Object.entries(replace))
            if (Object.hasOwn(expected, name)) expected[name] = value;
          for (const [name, value] of Object.entries(add))
            if (!Object.hasOwn(expected, name)) expected[name] = value;

          const { text } = await edited({ remove, replace, add }, answer(JSON.stringify(members)));

          expect(JSON.parse(text ?? '')).toEqual(expected);
        },
      ),
      { seed: 20_261_129, numRuns: 300 },
    ));
});

describe('an answer that is not JSON in its type', () => {
  it.each(['text/html', 'text/json', 'application/json-seq', 'application/jsonp', 'nonsense', ''])(
    'passes as it is: %s',
    async (type) => {
      const given = answer('{"a":1}', ['content-type', type]);

      expect((await edited({ remove: ['a'] }, given)).after).toBe(given);
    },
  );

  it('streams on where it has no type', async () => {
    const given = new UpstreamResponse(200, [], new SentBody());

    expect((await edited({ remove: ['a'] }, given)).after).toBe(given);
  });

  it.each(['application/json', 'Application/JSON ;charset=utf-8', 'application/problem+json'])(
    'is not one of %s',
    async (type) => {
      expect((await edited({ remove: ['a'] }, answer('{"a":1}', ['content-type', type]))).text).toBe('{}');
    },
  );
});

describe('an answer that cannot be read', () => {
  it.each<[string, string | Buffer, readonly string[], string]>([
    ['is no JSON', '{"a":1', TYPE, 'that is not JSON'],
    ['is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), TYPE, 'that is not UTF-8'],
    ['nests too deeply', '['.repeat(100_000), TYPE, 'that nests too deeply'],
    [
      'is in an unknown coding',
      'x',
      [...TYPE, 'Content-Encoding', 'compress'],
      'in a content coding that is not understood',
    ],
    ['is in a broken coding', 'x', [...TYPE, 'Content-Encoding', 'gzip'], 'in a broken content coding'],
  ])('passes unchanged, and somebody is told: one that %s', async (_what, body, headers, reason) => {
    const { after, told } = await edited({ remove: ['a'] }, answer(body, headers, 404));

    expect(after.status).toBe(404);
    expect(after.headers).toEqual(headers);
    expect(after.body.whole).toEqual(Buffer.from(body));
    expect(told).toEqual([{ route: expect.any(String), upstream: 'user-service', reason }]);
  });

  it('passes when it is only a part', async () => {
    const given = answer('{"a":1', TYPE, 206);

    const { after, told } = await edited({ remove: ['a'] }, given);

    expect(after).toBe(given);
    expect(told).toMatchObject([{ reason: 'that is only a part' }]);
  });

  it.each<[string, UpstreamResponse]>([
    ['as it is', answer(`"${'x'.repeat(63)}"`)],
    ['behind its coding', answer(gzipSync(`"${'x'.repeat(63)}"`), [...TYPE, 'Content-Encoding', 'gzip'])],
  ])('is a 502 when it is over the limit %s', async (_what, response) => {
    await expect(edited({ remove: ['a'], limitBytes: 64 }, response)).rejects.toMatchObject({
      code: 'upstream-body',
      policy: 'transform-response',
      upstream: 'user-service',
    });
  });

  it('is a 502 when it runs over the limit as it streams', async () => {
    const body = new SentBody();
    const waiting = edited({ remove: ['a'], limitBytes: 4 }, new UpstreamResponse(200, TYPE, body));

    body.send('{"a":1}');

    await expect(waiting).rejects.toMatchObject({ code: 'upstream-body' });
  });
});

describe('an answer without a body', () => {
  it.each([204, 304])('passes as it is: %i', async (status) => {
    const given = answer('', [...TYPE, 'ETag', '"x"'], status);

    expect((await edited({ set: { a: 1 } }, given)).after).toBe(given);
  });

  it('states no length when it is to HEAD', async () => {
    const { after } = await edited(
      { set: { a: 1 } },
      answer('', [...TYPE, 'Digest', 'x', 'ETag', '"x"']),
      'HEAD',
    );

    expect(after.body.length).toBeUndefined();
    expect(after.headers).toEqual([...TYPE, 'ETag', '"x"']);
  });
});

describe('the declaration', () => {
  const policy = new TransformResponsePolicy();

  it.each([
    [{ json: {} }, /changes nothing; give headers or json/],
    [{ json: { remove: 'a' } }, /json\.remove is "a"; must be a list of names/],
    [{ json: { set: { a: undefined } } }, /json\.set is .*; must be an object of names and JSON values/],
    [{ json: { add: { a: Number.NaN } } }, /json\.add .* JSON values/],
    [{ json: { replace: { a: new Date(0) } } }, /json\.replace .* JSON values/],
    [{ json: { remove: ['a'], limitBytes: 0 } }, /json\.limitBytes is 0/],
    [{ json: { renam: {} } }, /did you mean json\.rename/],
  ])('%j is told what is wrong with it', (options, problem) => {
    expect(policy.check(options as never)).toEqual([expect.stringMatching(problem)]);
  });

  it('asks the upstream for whole, plain answers and shows what is taken into memory', () => {
    const compiled = policy.compile({ json: { remove: ['a'] } });
    const exchange = exchangeFor();
    void compiled.before?.(exchange);

    const sent = ['Accept-Encoding', 'gzip', 'Range', 'bytes=0-1', 'If-Range', '"x"', 'If-None-Match', '"x"'];
    expect(compiled.bufferLimitBytes).toBe(1_048_576);
    expect(applyEdits(sent, exchange.call?.headerEdits ?? [], foldHeaderName)).toEqual([
      'If-None-Match',
      '"x"',
    ]);
    expect(policy.describe({ json: { remove: ['a'], add: { b: 1 } } })).toBe('json remove a, json add b');
  });
});
