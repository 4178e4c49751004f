import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { BodyEdits } from '../../../../src/policies/transform-request/transform-request.options.js';
import { TransformRequestPolicy } from '../../../../src/policies/transform-request/transform-request.policy.js';
import {
  afterStage,
  FORM_TYPE,
  field,
  JSON_TYPE,
  multipart,
  multipartType,
  sent,
  sentHeaders,
  streamed,
} from './body.fixture.js';

const policy = new TransformRequestPolicy();
const ALL: BodyEdits = {
  append: { tag: 'x' },
  add: { d: 'added', b2: 'not added: renamed to it before' },
  replace: { c: 'replaced', gone: 'not there' },
  set: { e: 'set' },
  rename: { b: 'b2', absent: 'c' },
  remove: ['a'],
};

describe('the members of a JSON object', () => {
  it('are removed, renamed, set, replaced, added and appended in this order, however it is written', async () => {
    const body = await sent({ body: ALL }, JSON_TYPE, '{"a":1,"b":2,"c":3,"tag":["t"]}');

    expect(JSON.parse(body ?? '')).toEqual({ b2: 2, c: 'replaced', tag: ['t', 'x'], e: 'set', d: 'added' });
  });

  it.each<[string, BodyEdits, string, string]>([
    ['a number is written as a text', { set: { n: '5' } }, '{}', '{"n":"5"}'],
    [
      'a long number keeps its digits',
      { set: { a: 'x' } },
      '{"id":12345678901234567890}',
      '{"id":12345678901234567890,"a":"x"}',
    ],
    ['a text that is appended to makes a list', { append: { a: 'y' } }, '{"a":"x"}', '{"a":["x","y"]}'],
    ['nothing that is appended to makes a list', { append: { a: 'y' } }, '{"a":null}', '{"a":["y"]}'],
    ['several are appended', { append: { a: ['y', 'z'] } }, '{}', '{"a":["y","z"]}'],
    [
      'false is there',
      { add: { a: 'y' }, replace: { b: 'z' } },
      '{"a":false,"b":false}',
      '{"a":false,"b":"z"}',
    ],
    ['a new name takes the place of one that had it', { rename: { a: 'b' } }, '{"a":1,"b":2}', '{"b":1}'],
    ['only the outermost are meant', { remove: ['x', 'a.x'] }, '{"a":{"x":1},"x":2}', '{"a":{"x":1}}'],
    [
      '__proto__ is a name',
      { set: { ['__proto__']: 'x' }, add: { constructor: 'y' } },
      '{}',
      '{"__proto__":"x","constructor":"y"}',
    ],
    ['a name that stands twice goes twice', { remove: ['role'] }, '{"role":1,"a":2,"role":3}', '{"a":2}'],
    ['a name in escapes is the name', { remove: ['role'] }, '{"\\u0072ole":1,"a":2}', '{"a":2}'],
    [
      'a place is filled in',
      { set: { a: '$(headers["content-type"])', b: '$(uuid)' } },
      '{}',
      '{"a":"application/json","b":"id-1"}',
    ],
  ])('%s', async (_what, edits, body, after) => {
    expect(await sent({ body: edits }, JSON_TYPE, body)).toBe(after);
  });

  it.each(['[{"a":1}]', '"a"', '5', 'null', ' {"b" : 1.0} '])(
    'change nothing in %s, which keeps its bytes',
    async (body) => {
      expect(await sent({ body: { remove: ['a'] } }, JSON_TYPE, body)).toBe(body);
    },
  );

  it.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json'])(
    'are edited where the type is %s',
    async (type) => {
      expect(await sent({ body: { remove: ['a'] } }, ['content-type', type], '{"a":1}')).toBe('{}');
    },
  );
});

describe('the fields of a form', () => {
  it('are edited in the same order, and what is not named keeps its bytes', async () => {
    const body = await sent({ body: ALL }, FORM_TYPE, 'a=1&z=%7e+x&b=2&c=3&c=4&tag=t&a=2');

    expect(body).toBe('z=%7e+x&b2=2&tag=t&e=set&c=replaced&d=added&tag=x');
  });

  it.each<[string, BodyEdits, string, string]>([
    ['names are compared decoded', { remove: ['a b', 'é'] }, 'a+b=1&a%20b=2&%C3%A9=3&é=4&c=5', 'c=5'],
    ['names are compared with case', { remove: ['a'] }, 'A=1&a=2', 'A=1'],
    ['values cannot become fields', { set: { a: 'x&role=admin' } }, 'a=1', 'a=x%26role%3Dadmin'],
    ['an empty form is filled', { add: { a: '1' } }, '', 'a=1'],
    ['a value that looks like a mark of ours is a value', { set: { a: '\u00000' } }, 'b=1', 'b=1&a=%000'],
  ])('%s', async (_what, edits, body, after) => {
    expect(await sent({ body: edits }, FORM_TYPE, body)).toBe(after);
  });
});

describe('the parts of a multipart form', () => {
  const file =
    'Content-Disposition: form-data; name="b"; filename="a\\b.txt"\r\nContent-Type: text/plain\r\n\r\n\r\n--C\r\n';

  it('are edited in the same order, and what is not named keeps its bytes', async () => {
    const body = await sent(
      { body: ALL },
      multipartType(),
      multipart(field('a', '1'), file, field('c', '3'), field('z', '--A')),
    );

    expect(body).toBe(
      multipart(
        file.replace('name="b"; filename="a\\b.txt"', 'name="b2"; filename="a\\b.txt"'),
        field('z', '--A'),
        field('e', 'set'),
        field('c', 'replaced'),
        field('d', 'added'),
        field('tag', 'x'),
      ),
    );
  });

  it.each<[string, BodyEdits, string, string]>([
    [
      'a name in any spelling of the head',
      { remove: ['a'] },
      multipart('content-disposition:form-data;NAME=a\r\nX: y\r\n\r\n1'),
      multipart(),
    ],
    ['a name with a quote', { remove: ['a"b'] }, multipart(field('a%22b', '1')), multipart()],
    [
      'a new name with a quote and a line break',
      { rename: { a: 'b"\r\nX: y' } },
      multipart(field('a', '1')),
      multipart(field('b%22%0D%0AX: y', '1')),
    ],
    ['no part at all', { add: { a: '1' } }, multipart(), multipart(field('a', '1'))],
    ['an empty body', { add: { a: 'é' } }, '', multipart(field('a', 'é'))],
    [
      'nothing behind the last delimiter',
      { set: { a: '1' } },
      multipart().trimEnd(),
      multipart(field('a', '1')),
    ],
  ])('%s', async (_what, edits, body, after) => {
    expect(await sent({ body: edits }, multipartType(), body)).toBe(after);
  });

  it('keep every byte when no edit names one', async () => {
    const body = multipart(field('x', '\r\n'), file);

    expect(await sent({ body: { remove: ['y'] } }, multipartType('"B"'), body)).toBe(body);
  });

  it('never get a value that holds their boundary', async () => {
    const options = {
      body: { remove: ['role'], set: { a: '$(headers["x-a"])' }, unreadable: 'pass' as const },
    };
    const forged = ['X-A', `x --B ${field('role', 'admin')}`.replaceAll(/[\r\n]/g, '')];

    await expect(
      sent(options, [...multipartType(), ...forged], multipart(field('a', '1'))),
    ).rejects.toMatchObject({
      code: 'bad-request',
      detail: "The value for a holds the boundary of the body's parts.",
    });
  });
});

describe('a body that cannot be read', () => {
  const gzipped = gzipSync('{"a":1}').toString('latin1');

  it.each<[string, readonly string[], string]>([
    ['is no JSON', JSON_TYPE, '{"a":1'],
    ['is no UTF-8', JSON_TYPE, '{"a":"\uffff'.slice(0, 5)],
    ['nests too deeply', JSON_TYPE, '['.repeat(100_000)],
    ['is in a coding', [...JSON_TYPE, 'Content-Encoding', 'gzip'], gzipped],
    ['has two types', [...JSON_TYPE, 'content-type', 'text/plain'], '{"a":1}'],
    ['has two types, ours the second', ['Content-Type', 'text/plain', ...JSON_TYPE], '{"a":1}'],
    ['is multipart without a boundary', ['Content-Type', 'multipart/form-data'], multipart()],
    [
      'is multipart with two boundaries',
      ['Content-Type', 'multipart/form-data; boundary=B; boundary=C'],
      multipart(),
    ],
    ['has a preamble', multipartType(), `x\r\n${multipart(field('a', '1'))}`],
    ['has an epilogue', multipartType(), `${multipart(field('a', '1'))}x`],
    ['does not end', multipartType(), multipart(field('a', '1')).slice(0, -4)],
    ['has a longer delimiter', multipartType(), multipart(field('a', '1')).replace('--B\r', '--Bx\r')],
    ['has a part without a head', multipartType(), multipart('a')],
    ['has a part without a name', multipartType(), multipart('Content-Disposition: form-data\r\n\r\n1')],
    [
      'has a part with two names',
      multipartType(),
      multipart('Content-Disposition: form-data; name=a; name=b\r\n\r\n1'),
    ],
    [
      'has a part with an extended name',
      multipartType(),
      multipart("Content-Disposition: form-data; name=b; name*=UTF-8''a\r\n\r\n1"),
    ],
    [
      'has a part with two dispositions',
      multipartType(),
      multipart(`Content-Disposition: form-data; name=b\r\n${field('a', '1')}`),
    ],
    [
      'has a part with a quoted quote',
      multipartType(),
      multipart('Content-Disposition: form-data; name="b\\"; name="a"\r\n\r\n1'),
    ],
    [
      'has a part with a folded line',
      multipartType(),
      multipart('Content-Disposition: form-data;\r\n name="a"\r\n\r\n1'),
    ],
  ])('is refused, or passes unchanged where that is said: %s', async (_what, headers, body) => {
    const edits: BodyEdits = { remove: ['a'] };

    await expect(sent({ body: edits }, headers, body)).rejects.toMatchObject({
      code: 'bad-request',
      policy: 'transform-request',
    });
    const passed = await afterStage({ body: { ...edits, unreadable: 'pass' } }, headers, body);
    expect(passed.call?.body).toEqual(Buffer.from(body));
    expect(passed.body).toEqual(Buffer.from(body));
  });

  it.each<[string, readonly string[], string]>([
    ['fields in a form', FORM_TYPE, 'x&'.repeat(10_000)],
    ['parts in a form', multipartType(), multipart(...Array<string>(10_001).fill(field('x', '')))],
  ])('is one of more than 10,000 %s', async (_what, headers, body) => {
    await expect(sent({ body: { remove: ['a'] } }, headers, body)).rejects.toMatchObject({
      code: 'bad-request',
      detail: 'A body of more than 10000 fields cannot be changed here.',
    });
  });

  it.each([
    ['blanks behind a field', `X:${' \t'.repeat(200_000)}x${' \t'.repeat(200_000)}`],
    ['blanks in a disposition', `Content-Disposition: form-data; name=${' '.repeat(400_000)}x`],
    ['semicolons in a disposition', `Content-Disposition: form-data${' ;'.repeat(200_000)}`],
    ['quotes in a disposition', `Content-Disposition: form-data${'; a="'.repeat(100_000)}`],
  ])('takes time in proportion to its length: many %s', async (_what, head) => {
    const before = performance.now();

    await expect(
      sent({ body: { remove: ['a'] } }, multipartType(), multipart(`${head}\r\n\r\n`)),
    ).rejects.toMatchObject({ code: 'bad-request' });

    // Half a minute and more where a pattern looks at the blanks again from each of them.
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('that holds bytes which are no UTF-8 is refused too', async () => {
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);

    await expect(sent({ body: { remove: ['a'] } }, JSON_TYPE, bytes)).rejects.toMatchObject({
      detail: 'A body that is not UTF-8 cannot be changed here.',
    });
    await expect(sent({ body: { remove: ['a'] } }, FORM_TYPE, bytes)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});

describe('a body of another type', () => {
  it.each<[string, readonly string[]]>([
    ['text', ['Content-Type', 'text/plain']],
    ['octets', ['Content-Type', 'application/octet-stream']],
    ['lines of JSON', ['Content-Type', 'application/json-seq']],
    ['none', []],
  ])('is not even read: %s', async (_what, headers) => {
    const body = streamed('{"a":1}');

    const exchange = await afterStage({ body: { remove: ['a'] } }, headers, body);

    expect(exchange.call?.body).toBe(body);
  });
});

describe('a request without a body', () => {
  it.each(['POST', 'PUT', 'PATCH'])('gets one by %s when something is written', async (method) => {
    expect(await sent({ body: { add: { a: '1' } } }, JSON_TYPE, undefined, method)).toBe('{"a":"1"}');
    expect(
      await sent({ body: { remove: ['a'], replace: { b: '2' } } }, JSON_TYPE, undefined, method),
    ).toBeUndefined();
  });

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS'])('stays so by %s', async (method) => {
    expect(await sent({ body: { add: { a: '1' } } }, JSON_TYPE, undefined, method)).toBeUndefined();
    expect(await sent({ body: { add: { a: '1' } } }, JSON_TYPE, streamed('', undefined), method)).toBe('');
  });
});

describe('a body that is still arriving', () => {
  it('is waited for, and is what everybody behind sees', async () => {
    const exchange = await afterStage({ body: { set: { b: '2' } } }, JSON_TYPE, streamed('{"a":"é"}'));

    expect(exchange.call?.body).toEqual(Buffer.from('{"a":"é","b":"2"}'));
    expect(exchange.body).toBe(exchange.call?.body);
  });

  it('takes with it what described its bytes', async () => {
    const headers = [...JSON_TYPE, 'Digest', 'x', 'Content-MD5', 'y', 'Content-Digest', 'z', 'X-A', '1'];

    const changed = await afterStage({ body: { remove: ['a'] } }, headers, streamed('{"a":1}'));
    const kept = await afterStage({ body: { remove: ['a'] } }, headers, streamed('{"b":1}'));

    expect(sentHeaders(changed)).toEqual([...JSON_TYPE, 'X-A', '1']);
    expect(sentHeaders(kept)).toEqual(headers);
  });

  it.each<[string, number | undefined]>([
    ['whose length says so', 27],
    ['of unknown length', undefined],
  ])('is refused over the limit: one %s', async (_what, length) => {
    const body = streamed('{"a":"xxxxxxxxxxxxxxxxxxxx"}', length === undefined ? undefined : 28);

    await expect(sent({ body: { remove: ['a'], limitBytes: 27 } }, JSON_TYPE, body)).rejects.toMatchObject({
      code: 'body-too-large',
      policy: 'transform-request',
    });
    expect(
      await sent(
        { body: { remove: ['a'], limitBytes: 28 } },
        JSON_TYPE,
        streamed('{"a":"xxxxxxxxxxxxxxxxxxxx"}', length && 28),
      ),
    ).toBe('{}');
  });

  it('that ends before its declared length is refused', async () => {
    await expect(sent({ body: { remove: ['a'] } }, JSON_TYPE, streamed('{"a":1}', 8))).rejects.toMatchObject({
      code: 'bad-request',
      detail: 'The body is not as long as declared.',
    });
  });

  it.each<[string, Error | undefined, string]>([
    ['the client leaves', undefined, 'client-closed'],
    ['its stream breaks', new Error('reset'), 'client-closed'],
    ['a limit of ours breaks it off', new GatewayError('body-too-large'), 'body-too-large'],
  ])('ends the exchange when %s', async (_what, error, code) => {
    const stream = new PassThrough();
    stream.write('{"a"');
    setImmediate(() => stream.destroy(error));

    await expect(
      sent({ body: { remove: ['a'] } }, JSON_TYPE, { stream, length: undefined }),
    ).rejects.toMatchObject({ code });
  });

  it('that was gathered before is not waited for', () => {
    const body = {
      ...(streamed('') as { stream: PassThrough; length: number }),
      whole: Buffer.from('{"a":1}'),
    };

    return expect(sent({ body: { remove: ['a'] } }, JSON_TYPE, body)).resolves.toBe('{}');
  });
});

describe('a form that is sent on by GET', () => {
  it.each(['GET', 'HEAD'])('has its fields in the query too: %s', async (method) => {
    const exchange = await afterStage(
      { method },
      FORM_TYPE,
      streamed('b=2+x&c=%26&d&e=f=g&h=\r\nX'),
      'POST',
      '?a=1',
    );

    expect(exchange.call?.query).toBe('?a=1&b=2%20x&c=%26&d&e=f%3Dg&h=%0D%0AX');
    expect(exchange.call?.method).toBe(method);
    expect(exchange.call?.body).toEqual(Buffer.from('b=2+x&c=%26&d&e=f=g&h=\r\nX'));
  });

  it('has them before the query is edited', async () => {
    const exchange = await afterStage(
      { method: 'GET', query: { remove: ['b'], rename: { c: 'd' } } },
      FORM_TYPE,
      'b=1&c=2',
    );

    expect(exchange.call?.query).toBe('?d=2');
  });

  it('leaves the query alone by any other method, and any other body alone', async () => {
    const form = await afterStage({ method: 'PUT' }, FORM_TYPE, 'a=1');
    const json = await afterStage({ method: 'GET' }, JSON_TYPE, streamed('{"a":1}'));

    expect(form.call?.query).toBe('');
    expect(json.call?.query).toBe('');
    expect(json.call?.body).toHaveProperty('stream');
  });
});

describe('the declaration', () => {
  it.each([
    [{ body: {} }, /changes nothing/],
    [{ body: { limitBytes: 5 } }, /changes nothing/],
    [{ body: { remove: ['a'], limitBytes: 0 } }, /body\.limitBytes is 0; must be a whole number, 1–67108864/],
    [
      { body: { remove: ['a'], unreadable: 'drop' } },
      /body\.unreadable is "drop"; must be 'refuse' or 'pass'/,
    ],
    [{ body: { add: { a: 1 } } }, /body\.add is .* must be an object of names and texts/],
    [{ body: { append: { a: [1] } } }, /body\.append is .* lists of texts/],
    [{ body: { removes: ['a'] } }, /did you mean body\.remove/],
    [{ body: { remove: [''] } }, /"" is not a body field's name/],
    [{ headers: { add: { Host: 'a' } } }, /headers\.add: every request has one Host; set or replace it/],
    [{ headers: { append: { host: 'a' } } }, /headers\.append: every request has one Host/],
  ])('%j is told what is wrong with it', (options, problem) => {
    expect(policy.check(options as never)).toEqual([expect.stringMatching(problem)]);
  });

  it('shows what is taken into memory', () => {
    expect(policy.compile({ body: { remove: ['a'] } }).bufferLimitBytes).toBe(1_048_576);
    expect(policy.compile({ body: { remove: ['a'], limitBytes: 10 } }).bufferLimitBytes).toBe(10);
    expect(policy.compile({ method: 'GET' }).bufferLimitBytes).toBe(1_048_576);
    expect(policy.compile({ method: 'PUT', headers: { remove: ['A'] } }).bufferLimitBytes).toBeUndefined();
    expect(policy.describe({ method: 'PUT', path: '/a', body: { remove: ['a'] } })).toBe(
      'method PUT, path /a, body remove a',
    );
  });
});
