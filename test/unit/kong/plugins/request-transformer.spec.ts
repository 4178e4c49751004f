import { describe, expect, it } from 'vitest';
import { ForwardCall } from '../../../../src/contracts/forward-call.js';
import { applyEdits, foldHeaderName } from '../../../../src/contracts/header-edit.js';
import type { KongRequestTransformerConfig } from '../../../../src/kong/kong-plugins.js';
import { REQUEST_TRANSFORMER_PLUGIN } from '../../../../src/kong/plugins/request-transformer.plugin.js';
import { exchangeOf } from '../../policies/transform-request/call.fixture.js';
import { FACTS_OF_ROUTE, named, placeOf } from './transformer.fixture.js';

interface Given {
  readonly [verb: string]: Readonly<Record<string, readonly string[] | string>> | string;
}

/** A configuration as it stands in a file: groups of `name:value`. */
function configOf(given: Given): KongRequestTransformerConfig {
  const group = (verb: string) => (given[verb] ?? {}) as Readonly<Record<string, readonly string[]>>;
  const texts = (verb: string) => ({
    headers: group(verb)['headers'] ?? [],
    querystring: group(verb)['querystring'] ?? [],
    body: group(verb)['body'] ?? [],
  });
  const pairs = (verb: string) => ({
    headers: texts(verb).headers.map(named),
    querystring: texts(verb).querystring.map(named),
    body: texts(verb).body.map(named),
  });
  return {
    httpMethod: given['http_method'] as string | undefined,
    remove: texts('remove'),
    rename: pairs('rename'),
    replace: { ...pairs('replace'), uri: (given['replace'] as { uri?: string } | undefined)?.uri },
    add: pairs('add'),
    append: pairs('append'),
  };
}

interface Sent {
  readonly headers?: readonly string[];
  readonly query?: string;
  readonly body?: string;
}

interface Seen {
  readonly headers?: readonly string[];
  readonly query?: string;
  readonly body?: string;
  readonly method?: string;
  readonly path?: string;
}

async function upstreamSees(
  given: Given,
  { headers = [], query = '', body }: Sent,
  strict = false,
): Promise<Seen> {
  const exchange = exchangeOf(headers, query);
  exchange.route = FACTS_OF_ROUTE;
  exchange.params = ['7', 'a/b'];
  exchange.body = body === undefined ? undefined : Buffer.from(body);
  exchange.call = new ForwardCall(exchange, 'POST', '/users/7', query, exchange.body);
  const { before } = REQUEST_TRANSFORMER_PLUGIN.compile(
    placeOf('request-transformer', configOf(given), strict),
  );
  await before?.(exchange);
  const call = exchange.call as ForwardCall;
  return {
    headers: applyEdits(headers, call.headerEdits, foldHeaderName),
    query: call.query,
    method: call.method,
    path: call.path,
    ...(Buffer.isBuffer(call.body) ? { body: call.body.toString() } : {}),
  };
}

const JSON_TYPE = ['content-type', 'application/json'];
const FORM = ['content-type', 'application/x-www-form-urlencoded'];

describe('request-transformer', () => {
  it.each<[string, Given, Sent, Seen]>([
    [
      '§6 request-transformer removes headers',
      { remove: { headers: ['X-A', 'x-b'] } },
      { headers: ['x-a', '1', 'X-B', '2', 'C', '3'] },
      { headers: ['C', '3'] },
    ],
    [
      '§6 request-transformer renames a header',
      { rename: { headers: ['X-A:X-B'] } },
      { headers: ['X-A', '1'] },
      { headers: ['x-b', '1'] },
    ],
    [
      '§6 request-transformer renames over a header of the new name',
      { rename: { headers: ['X-A:X-B'] } },
      { headers: ['X-B', '0', 'X-A', '1'] },
      { headers: ['x-b', '1'] },
    ],
    [
      '§6 request-transformer renames nothing that is absent',
      { rename: { headers: ['X-A:X-B'] } },
      { headers: ['X-B', '0'] },
      { headers: ['X-B', '0'] },
    ],
    [
      '§6 request-transformer replaces a header only if present',
      { replace: { headers: ['X-A:new', 'X-B:new'] } },
      { headers: ['X-A', '1', 'X-A', '2'] },
      { headers: ['x-a', 'new'] },
    ],
    [
      '§6 request-transformer adds a header only if absent',
      { add: { headers: ['X-A:new', 'X-B:new'] } },
      { headers: ['X-A', '1'] },
      { headers: ['X-A', '1', 'x-b', 'new'] },
    ],
    [
      '§6 request-transformer adds the first of two values',
      { add: { headers: ['X-A:1', 'X-A:2'] } },
      {},
      { headers: ['x-a', '1'] },
    ],
    [
      '§6 request-transformer replaces by the last of two values',
      { replace: { headers: ['X-A:1', 'X-A:2'] } },
      { headers: ['X-A', '0'] },
      { headers: ['x-a', '2'] },
    ],
    [
      '§6 request-transformer appends every value',
      { append: { headers: ['X-A:1', 'X-A:2'] } },
      { headers: ['X-A', '0'] },
      { headers: ['X-A', '0', 'x-a', '1', 'x-a', '2'] },
    ],
    [
      '§6 request-transformer keeps colons in a value',
      { add: { headers: ['X-A:http://a:1/'] } },
      {},
      { headers: ['x-a', 'http://a:1/'] },
    ],
    [
      '§6 request-transformer writes nothing for a value of nothing',
      {
        add: { headers: ['X-A:', 'X-B'] },
        replace: { headers: ['X-C:'] },
        append: { headers: ['X-D:'] },
        rename: { headers: ['X-C:'] },
      },
      { headers: ['X-C', '1'] },
      { headers: ['X-C', '1'] },
    ],
    [
      '§6 request-transformer order: remove before rename',
      { remove: { headers: ['A'] }, rename: { headers: ['A:B'] } },
      { headers: ['A', '1'] },
      { headers: [] },
    ],
    [
      '§6 request-transformer order: rename before replace',
      { rename: { headers: ['A:B'] }, replace: { headers: ['B:new', 'A:no'] } },
      { headers: ['A', '1'] },
      { headers: ['b', 'new'] },
    ],
    [
      '§6 request-transformer order: replace before add',
      { replace: { headers: ['A:replaced'] }, add: { headers: ['A:added'] } },
      {},
      { headers: ['a', 'added'] },
    ],
    [
      '§6 request-transformer order: add before append',
      { append: { headers: ['A:2'] }, add: { headers: ['A:1'] } },
      {},
      { headers: ['a', '1', 'a', '2'] },
    ],
    [
      '§6 request-transformer replaces Host',
      { replace: { headers: ['Host:a.internal'] } },
      { headers: ['Host', 'a'] },
      { headers: ['host', 'a.internal'] },
    ],
    [
      '§6 request-transformer adds no Host',
      { add: { headers: ['host:a.internal', 'X-A:1'] }, append: { headers: ['Host:b'] } },
      { headers: ['Host', 'a'] },
      { headers: ['Host', 'a', 'x-a', '1'] },
    ],
    [
      '§6 request-transformer removes and renames no Host',
      { remove: { headers: ['Host'] }, rename: { headers: ['host:X-Host'] } },
      { headers: ['Host', 'a'] },
      { headers: ['Host', 'a'] },
    ],

    [
      '§6 request-transformer removes from the query, with case',
      { remove: { querystring: ['a'] } },
      { query: '?a=1&A=2&a=3' },
      { query: '?A=2' },
    ],
    [
      '§6 request-transformer renames in the query',
      { rename: { querystring: ['a:b'] } },
      { query: '?a=1&b=2' },
      { query: '?b=1' },
    ],
    [
      '§6 request-transformer replaces in the query only if present',
      { replace: { querystring: ['a:x', 'b:x'] } },
      { query: '?a=1&a=2' },
      { query: '?a=x' },
    ],
    [
      '§6 request-transformer replaces in the query by nothing',
      { replace: { querystring: ['a:'] } },
      { query: '?a=1&b=2' },
      { query: '?b=2' },
    ],
    [
      '§6 request-transformer adds to the query only if absent',
      { add: { querystring: ['a:x', 'b:x y'] } },
      { query: '?a=1' },
      { query: '?a=1&b=x%20y' },
    ],
    [
      '§6 request-transformer appends to the query',
      { append: { querystring: ['a:2', 'a:3'] } },
      { query: '?a=1' },
      { query: '?a=1&a=2&a=3' },
    ],

    [
      '§6 request-transformer edits JSON in its order',
      {
        remove: { body: ['a'] },
        rename: { body: ['b:c'] },
        replace: { body: ['c:x', 'd:x'] },
        add: { body: ['e:1'] },
        append: { body: ['f:1', 'f:2'] },
      },
      { headers: JSON_TYPE, body: '{"a":1,"b":2}' },
      { body: '{"c":"x","e":"1","f":["1","2"]}' },
    ],
    [
      '§6 request-transformer edits the outermost members only',
      { remove: { body: ['a.b', 'b'] } },
      { headers: JSON_TYPE, body: '{"a":{"b":1}}' },
      { body: '{"a":{"b":1}}' },
    ],
    [
      '§6 request-transformer writes texts into JSON',
      { add: { body: ['n:5', 'b:true'] } },
      { headers: JSON_TYPE, body: '{}' },
      { body: '{"n":"5","b":"true"}' },
    ],
    [
      '§6 request-transformer fills an empty JSON body',
      { add: { body: ['n:5'] } },
      { headers: JSON_TYPE },
      { body: '{"n":"5"}' },
    ],
    [
      '§6 request-transformer edits forms',
      { remove: { body: ['a'] }, add: { body: ['b:x y'] } },
      { headers: FORM, body: 'a=1&c=%7e' },
      { body: 'c=%7e&b=x%20y' },
    ],
    [
      '§6 request-transformer edits multipart',
      { replace: { body: ['a:2'] } },
      {
        headers: ['content-type', 'multipart/form-data; boundary=B'],
        body: '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
      },
      { body: '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n--B--\r\n' },
    ],
    [
      '§6 request-transformer passes a body that is no JSON',
      { remove: { body: ['a'] } },
      { headers: JSON_TYPE, body: '{"a":1' },
      { body: '{"a":1' },
    ],
    [
      '§6 request-transformer passes a body of another type',
      { remove: { body: ['a'] } },
      { headers: ['content-type', 'text/plain'], body: '{"a":1}' },
      { body: '{"a":1}' },
    ],

    ['§6 request-transformer http_method', { http_method: 'put' }, {}, { method: 'PUT', path: '/users/7' }],
    [
      '§6 request-transformer http_method GET moves a form to the query',
      { http_method: 'GET' },
      { headers: FORM, body: 'b=2', query: '?a=1' },
      { method: 'GET', query: '?a=1&b=2' },
    ],
    [
      '§6 request-transformer http_method GET passes a form that cannot be read',
      { http_method: 'GET' },
      { headers: FORM, body: 'x&'.repeat(10_001) },
      { method: 'GET', query: '', body: 'x&'.repeat(10_001) },
    ],
    [
      '§6 request-transformer replace.uri',
      { replace: { uri: '/v2/x' } },
      { query: '?a=1' },
      { path: '/v2/x', query: '?a=1' },
    ],
    [
      '§6 request-transformer replace.uri with a capture',
      { replace: { uri: "/v2/$(uri_captures['id'])/$(uri_captures.rest)" } },
      {},
      { path: '/v2/7/a/b' },
    ],

    [
      '§6 request-transformer $() headers',
      { add: { headers: ['X-A:<$(headers["x-b"])>', 'X-C:$(headers.x_b)'] } },
      { headers: ['X-B', '1'] },
      { headers: ['X-B', '1', 'x-a', '<1>', 'x-c', '1'] },
    ],
    [
      '§6 request-transformer $() query_params',
      { add: { headers: ['X-A:$(query_params.user)'] } },
      { query: '?user=a%20b' },
      { headers: ['x-a', 'a b'] },
    ],
    [
      '§6 request-transformer $() uri_captures',
      { add: { querystring: ['id:$(uri_captures.id)', 'n:$(uri_captures[2])'] } },
      {},
      { query: '?id=7&n=a%2Fb' },
    ],
    [
      '§6 request-transformer $() that is absent is not written',
      { add: { headers: ['X-A:$(headers.absent)', 'X-B:<$(headers.absent)>'] } },
      {},
      { headers: ['x-b', '<>'] },
    ],
    [
      '§6 request-transformer $() in a body',
      { add: { body: ['id:$(uri_captures.id)'] } },
      { headers: JSON_TYPE, body: '{}' },
      { body: '{"id":"7"}' },
    ],
    [
      '§6 request-transformer $(uuid) is the exchange’s id in X-Correlation-ID',
      { add: { headers: ['X-Correlation-ID:$(uuid)'] } },
      { headers: ['x-correlation-id', 'c-1'] },
      { headers: ['x-correlation-id', 'c-1'] },
    ],
    [
      '§6 request-transformer that changes nothing',
      {},
      { headers: ['A', '1'], query: '?a', body: 'x' },
      { headers: ['A', '1'], query: '?a', body: 'x', method: 'POST', path: '/users/7' },
    ],
  ])('%s', async (_row, given, sent, seen) => {
    expect(REQUEST_TRANSFORMER_PLUGIN.check?.(placeOf('request-transformer', configOf(given)))).toEqual([]);
    expect(await upstreamSees(given, sent)).toMatchObject(seen);
  });

  it('says how much of a body it holds: §6 request-transformer, buffering', () => {
    const held = (given: Given) =>
      REQUEST_TRANSFORMER_PLUGIN.compile(placeOf('request-transformer', configOf(given))).bufferLimitBytes;

    expect(held({ remove: { body: ['a'] } })).toBe(1_048_576);
    expect(held({ remove: { headers: ['a'] } })).toBeUndefined();
  });

  it('runs at Kong’s place: §2 plugins, request-transformer 801', () => {
    expect(REQUEST_TRANSFORMER_PLUGIN).toMatchObject({ name: 'request-transformer', priority: 801 });
  });

  it('makes a new id for $(uuid) where the client sent none: §6 request-transformer', async () => {
    const seen = await upstreamSees({ add: { headers: ['X-Correlation-ID:$(uuid)', 'X-A:$(uuid)'] } }, {});

    expect(seen.headers?.[1]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen.headers?.[3]).not.toBe(seen.headers?.[1]);
  });

  it.each<[string, Given, Sent, Seen]>([
    [
      '§6 request-transformer strict: $(uuid) alone writes nothing',
      { add: { headers: ['X-Correlation-ID:$(uuid)'] }, append: { querystring: ['a:$(uuid)'] } },
      {},
      { headers: [], query: '' },
    ],
    [
      '§6 request-transformer strict: $(uuid) in a longer text is empty',
      { add: { headers: ['X-A:<$(uuid)>', 'X-B:$(uuid)$(headers.a)'] } },
      { headers: ['a', '1'] },
      { headers: ['a', '1', 'x-a', '<>', 'x-b', '1'] },
    ],
    [
      '§6 request-transformer strict: everything else is as ever',
      { replace: { uri: '/a$(uuid)' }, add: { headers: ['X-A:$(headers.a)'] } },
      { headers: ['a', '1'] },
      { headers: ['a', '1', 'x-a', '1'], path: '/a' },
    ],
  ])('%s', async (_row, given, sent, seen) => {
    expect(await upstreamSees(given, sent, true)).toMatchObject(seen);
  });

  it('tells of every piece of Lua, and where it stands: §6 request-transformer, §7 tier 4', () => {
    const given: Given = {
      replace: { uri: '/$(os.time())', body: ['ok:1', 'a:$(headers.a or "b")'] },
      add: { headers: ['X-A:$(shared.x)'] },
    };

    expect(REQUEST_TRANSFORMER_PLUGIN.check?.(placeOf('request-transformer', configOf(given)))).toEqual([
      expect.stringMatching(
        /^config\.replace\.body\[1\] is "a:\$\(headers\.a or .*: "\$\(headers\.a or \\"b\\"\)" is Lua, which does not run here; what can be filled in is/,
      ),
      expect.stringMatching(/^config\.add\.headers\[0\] is "X-A:\$\(shared\.x\)"/),
      expect.stringMatching(/^config\.replace\.uri is "\/\$\(os\.time\(\)\)"/),
    ]);
  });

  it.each<[string, Given, RegExp]>([
    ['framing', { add: { headers: ['Content-Length:5'] } }, /frames the message/],
    [
      'what the gateway writes itself',
      { replace: { headers: ['X-Forwarded-For:a'] } },
      /written by the gateway/,
    ],
    ['a line break', { add: { headers: ['X-A:a\r\nB: c'] } }, /no header may carry/],
    ['a path that climbs', { replace: { uri: '/a/../b' } }, /path is/],
    ['a tunnel', { http_method: 'CONNECT' }, /method is "CONNECT"/],
  ])('is refused at load where it would write %s', (_what, given, problem) => {
    expect(() => REQUEST_TRANSFORMER_PLUGIN.compile(placeOf('request-transformer', configOf(given)))).toThrow(
      problem,
    );
  });
});
