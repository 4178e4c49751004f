import { describe, expect, it } from 'vitest';
import { UpstreamResponse, WholeBody } from '../../../../src/contracts/upstream-response.js';
import type { KongJsonType, KongResponseTransformerConfig } from '../../../../src/kong/kong-plugins.js';
import { RESPONSE_TRANSFORMER_PLUGIN } from '../../../../src/kong/plugins/response-transformer.plugin.js';
import { exchangeFor } from '../../policies/json-body/answer.fixture.js';
import { named, placeOf } from './transformer.fixture.js';

interface Group {
  readonly headers?: readonly string[];
  readonly json?: readonly string[];
  readonly json_types?: readonly KongJsonType[];
}
type Given = Readonly<Partial<Record<'remove' | 'rename' | 'replace' | 'add' | 'append', Group>>>;

/** A configuration as it stands in a file. */
function configOf(given: Given): KongResponseTransformerConfig {
  const typed = ({ headers = [], json = [], json_types = [] }: Group = {}) => ({
    headers: headers.map(named),
    json: json.map((text, index) => ({ ...named(text), type: json_types[index] })),
  });
  const { remove = {}, rename = {} } = given;
  return {
    remove: { headers: remove.headers ?? [], json: remove.json ?? [] },
    rename: { headers: (rename.headers ?? []).map(named), json: (rename.json ?? []).map(named) },
    replace: typed(given.replace),
    add: typed(given.add),
    append: typed(given.append),
  };
}

const place = (given: Given, strict = false) => placeOf('response-transformer', configOf(given), strict);

async function clientSees(given: Given, headers: readonly string[], body = '') {
  const { after } = RESPONSE_TRANSFORMER_PLUGIN.compile(place(given));
  const answer = new UpstreamResponse(200, headers, new WholeBody(Buffer.from(body)));
  const seen = (await after?.(exchangeFor(), answer)) ?? answer;
  return { headers: seen.headers, body: String(seen.body.whole) };
}

const JSON_TYPE = ['content-type', 'application/json'];

describe('response-transformer', () => {
  it.each<[string, Given, readonly string[], readonly string[]]>([
    [
      '§6 response-transformer removes headers',
      { remove: { headers: ['Server'] } },
      ['server', 'x', 'A', '1'],
      ['A', '1'],
    ],
    [
      '§6 response-transformer renames over a header of the new name',
      { rename: { headers: ['X-A:X-B'] } },
      ['X-B', '0', 'X-A', '1'],
      ['x-b', '1'],
    ],
    [
      '§6 response-transformer replaces only if present',
      { replace: { headers: ['X-A:n', 'X-B:n'] } },
      ['X-A', '1'],
      ['x-a', 'n'],
    ],
    [
      '§6 response-transformer adds only if absent',
      { add: { headers: ['X-A:n', 'X-B:n'] } },
      ['X-A', '1'],
      ['X-A', '1', 'x-b', 'n'],
    ],
    [
      '§6 response-transformer appends every value',
      { append: { headers: ['Set-Cookie:a=1', 'Set-Cookie:b=2'] } },
      [],
      ['set-cookie', 'a=1', 'set-cookie', 'b=2'],
    ],
    [
      '§6 response-transformer order as above',
      {
        remove: { headers: ['A'] },
        rename: { headers: ['B:C'] },
        replace: { headers: ['C:r'] },
        add: { headers: ['A:a', 'C:no'] },
        append: { headers: ['A:b'] },
      },
      ['A', '1', 'B', '2'],
      ['c', 'r', 'a', 'a', 'a', 'b'],
    ],
    [
      '§6 response-transformer writes nothing for a value of nothing',
      { add: { headers: ['X-A:'] }, replace: { headers: ['X-B'] }, append: { headers: ['X-C:'] } },
      ['X-B', '1'],
      ['X-B', '1'],
    ],
    ['§6 response-transformer that changes nothing', {}, ['A', '1'], ['A', '1']],
  ])('%s', async (_row, given, sent, seen) => {
    expect(RESPONSE_TRANSFORMER_PLUGIN.check?.(place(given))).toEqual([]);
    expect((await clientSees(given, sent)).headers).toEqual(seen);
  });

  it.each<[string, Given, string, string]>([
    ['§6 response-transformer json: remove', { remove: { json: ['a', 'x'] } }, '{"a":1,"b":2}', '{"b":2}'],
    ['§6 response-transformer json: rename', { rename: { json: ['a:b'] } }, '{"a":1,"b":2}', '{"b":1}'],
    [
      '§6 response-transformer json: replace only if present',
      { replace: { json: ['a:x', 'b:x'] } },
      '{"a":1}',
      '{"a":"x"}',
    ],
    [
      '§6 response-transformer json: add only if absent',
      { add: { json: ['a:x', 'b:x'] } },
      '{"a":1}',
      '{"a":1,"b":"x"}',
    ],
    [
      '§6 response-transformer json: append to a list',
      { append: { json: ['a:x', 'a:y'] } },
      '{"a":["w"]}',
      '{"a":["w","x","y"]}',
    ],
    [
      '§6 response-transformer json: append to a text',
      { append: { json: ['a:x'] } },
      '{"a":"w"}',
      '{"a":["w","x"]}',
    ],
    ['§6 response-transformer json: append to nothing', { append: { json: ['a:x'] } }, '{}', '{"a":["x"]}'],
    [
      '§6 response-transformer json: order as above',
      {
        remove: { json: ['a'] },
        rename: { json: ['b:c'] },
        replace: { json: ['c:r'] },
        add: { json: ['a:n', 'c:no'] },
        append: { json: ['a:m'] },
      },
      '{"a":1,"b":2}',
      '{"a":["n","m"],"c":"r"}',
    ],
    [
      '§6 response-transformer json: texts unless json_types says otherwise',
      { add: { json: ['a:1', 'b:true'] } },
      '{}',
      '{"a":"1","b":"true"}',
    ],
    [
      '§6 response-transformer json_types number',
      { add: { json: ['a:1', 'b:-1.5e2'], json_types: ['number', 'number'] } },
      '{}',
      '{"a":1,"b":-150}',
    ],
    [
      '§6 response-transformer json_types boolean',
      { replace: { json: ['a:true', 'b:yes'], json_types: ['boolean', 'boolean'] } },
      '{"a":1,"b":2}',
      '{"a":true,"b":false}',
    ],
    [
      '§6 response-transformer json_types string',
      { append: { json: ['a:1'], json_types: ['string'] } },
      '{}',
      '{"a":["1"]}',
    ],
    [
      '§6 response-transformer json_types parallel to the values',
      { add: { json: ['a:1', 'b:2'], json_types: ['number'] } },
      '{}',
      '{"a":1,"b":"2"}',
    ],
    [
      '§6 response-transformer json: a failed parse leaves the body',
      { remove: { json: ['a'] } },
      '{"a":1',
      '{"a":1',
    ],
    ['§6 response-transformer json: an empty body stays empty', { add: { json: ['a:1'] } }, '', ''],
  ])('%s', async (_row, given, sent, seen) => {
    expect(RESPONSE_TRANSFORMER_PLUGIN.check?.(place(given))).toEqual([]);
    expect(await clientSees(given, JSON_TYPE, sent)).toEqual({ headers: JSON_TYPE, body: seen });
  });

  it('leaves replies of another type alone: §6 response-transformer, JSON replies only', async () => {
    const given: Given = { remove: { json: ['a'], headers: ['X-A'] } };

    expect(await clientSees(given, ['content-type', 'text/plain', 'X-A', '1'], '{"a":1}')).toEqual({
      headers: ['content-type', 'text/plain'],
      body: '{"a":1}',
    });
  });

  it('runs at Kong’s place: §2 plugins, response-transformer 800', () => {
    expect(RESPONSE_TRANSFORMER_PLUGIN).toMatchObject({ name: 'response-transformer', priority: 800 });
  });

  it('tells of what it cannot write: §6 response-transformer', () => {
    const given: Given = { add: { headers: ['X-A:$(headers.a)'], json: ['n:many'], json_types: ['number'] } };

    expect(RESPONSE_TRANSFORMER_PLUGIN.check?.(place(given))).toEqual([
      expect.stringMatching(
        /^config\.add\.headers\[0\] is "X-A:\$\(headers\.a\)": Kong sends that text as it is/,
      ),
      'config.add.json[0] is "n:many"; json_types says number, so it must be one.',
    ]);
    expect(RESPONSE_TRANSFORMER_PLUGIN.check?.(place({ add: { headers: ['X-A:$(uuid)'] } }))).toEqual([]);
    expect(
      RESPONSE_TRANSFORMER_PLUGIN.check?.(place({ add: { headers: ['X-A:$(uuid)'] } }, true)),
    ).toHaveLength(1);
  });

  it.each<[string, Given, RegExp]>([
    ['framing', { add: { headers: ['Content-Length:5'] } }, /frames the message/],
    ['another correlation id', { replace: { headers: ['X-Correlation-ID:x'] } }, /exchange's id/],
  ])('is refused at load where it would write %s', (_what, given, problem) => {
    expect(() => RESPONSE_TRANSFORMER_PLUGIN.compile(place(given))).toThrow(problem);
  });
});
