import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../../../src/policies/filter-response/compiled-filter.js';
import { parseExact } from '../../../../src/policies/json-body/exact-json.js';

const filterText = (mode: 'omit' | 'pick', paths: readonly string[], text: string): string =>
  compileFilter({ mode, paths, limitBytes: 1_000_000 })(parseExact(Buffer.from(text)));

const omit = (paths: string[], value: unknown): unknown =>
  JSON.parse(filterText('omit', paths, JSON.stringify(value)));
const pick = (paths: string[], value: unknown): unknown =>
  JSON.parse(filterText('pick', paths, JSON.stringify(value)));

describe('omit', () => {
  it('takes fields out and leaves the rest in its order', () => {
    const text = filterText('omit', ['ssn'], '{"z":1,"ssn":"x","a":{"ssn":"stays"}}');

    expect(text).toBe('{"z":1,"a":{"ssn":"stays"}}');
  });

  it('reaches into every element of lists, lists of lists and a list at the top', () => {
    const card = (number?: number) => ({ owner: 'A', ...(number === undefined ? {} : { number }) });

    const result = omit(
      ['orders.card.number'],
      [{ orders: [{ card: card(1) }, { card: [card(2), [card(3)]] }, 7, null] }, 'text'],
    );

    expect(result).toEqual([{ orders: [{ card: card() }, { card: [card(), [card()]] }, 7, null] }, 'text']);
  });

  it('takes a whole field out when a shorter path names it too', () => {
    expect(omit(['a.b', 'a'], { a: { b: 1, c: 2 }, d: 3 })).toEqual({ d: 3 });
  });

  it('ignores paths that lead nowhere', () => {
    expect(omit(['a.b.c', 'toString', 'x'], { a: 5, y: null })).toEqual({ a: 5, y: null });
  });
});

describe('pick', () => {
  it('leaves nothing but the named fields, in the order they came', () => {
    const text = filterText('pick', ['a', 'z'], '{"z":1,"ssn":"x","a":{"ssn":"whole"}}');

    expect(text).toBe('{"z":1,"a":{"ssn":"whole"}}');
  });

  it('leaves only named fields inside elements', () => {
    const result = pick(['orders.card.owner', 'id'], {
      id: 1,
      orders: [{ id: 9, card: { owner: 'A', number: 1 } }],
      ssn: 'x',
    });

    expect(result).toEqual({ id: 1, orders: [{ card: { owner: 'A' } }] });
  });

  it('keeps null and drops scalars where only fields of an object are allowed', () => {
    const result = pick(['profile.phone'], [{ profile: null }, { profile: 'secret' }, 'secret', null]);

    expect(result).toEqual([{ profile: null }, {}, null]);
  });

  it('refuses a scalar at the top, numbers kept as written included', () => {
    expect(() => filterText('pick', ['id'], '"secret"')).toThrow(/neither an object nor a list/);
    expect(() => filterText('pick', ['rawJSON'], '12345678901234567890')).toThrow(/neither an object/);
  });
});

describe('names that mean something to JavaScript', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'toJSON'])(
    'treats %s as data',
    (name) => {
      const text = `{"${name}":{"secret":1,"open":2},"id":3}`;

      expect(filterText('omit', [name], text)).toBe('{"id":3}');
      expect(filterText('omit', [`${name}.secret`], text)).toBe(`{"${name}":{"open":2},"id":3}`);
      expect(filterText('pick', [`${name}.open`], text)).toBe(`{"${name}":{"open":2}}`);
      expect(filterText('omit', [name, `x.${name}.y`], '{"id":3,"x":{}}')).toBe('{"id":3,"x":{}}');
      expect(({} as Record<string, unknown>)['secret']).toBeUndefined();
      expect(({} as Record<string, unknown>)['open']).toBeUndefined();
    },
  );

  it('finds a name however it is escaped, and every one of a repeated key', () => {
    expect(filterText('omit', ['ssn'], '{"s\\u0073n":1,"ssn":2,"id":3}')).toBe('{"id":3}');
    expect(filterText('omit', ['a.ssn'], '{"a":{"ssn":1},"a":{"b":2}}')).toBe('{"a":{"b":2}}');
  });
});

describe('any value and any paths', () => {
  const names = ['a', 'b', 'c', '__proto__', 'length'];
  const name = fc.constantFrom(...names);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom(null, true, 0, -1.5, '', 'text', 1e21),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(name, tie('value')), { maxLength: 5 })
        .map((fields) => fields.reduce<object>((object, [key, field]) => define(object, key, field), {})),
    ),
  }));

  it('filters as the plain recursive reading of the rules does', () => {
    fc.assert(
      fc.property(value, fc.array(path, { minLength: 1, maxLength: 4 }), (given, paths) => {
        const text = JSON.stringify(given);
        const lists = paths.map((one) => one.split('.'));

        expect(filterText('omit', paths, text)).toBe(JSON.stringify(plainOmit(JSON.parse(text), lists)));

        const picked = plainPick(JSON.parse(text), lists);
        if (picked === NOTHING) expect(() => filterText('pick', paths, text)).toThrow();
        else expect(filterText('pick', paths, text)).toBe(JSON.stringify(picked));
      }),
      { seed: 20261123, numRuns: 1500 },
    );
  });
});

const NOTHING = Symbol('nothing');

/** The reference: builds a new value, one path list per level, no tree. */
function plainOmit(value: unknown, paths: string[][]): unknown {
  if (Array.isArray(value)) return value.map((item) => plainOmit(item, paths));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).reduce<object>((kept, [key, field]) => {
    const here = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    if (here.some((rest) => rest.length === 0)) return kept;
    return define(kept, key, plainOmit(field, here));
  }, {});
}

function plainPick(value: unknown, paths: string[][]): unknown {
  if (paths.some((path) => path.length === 0)) return value;
  if (Array.isArray(value)) return value.map((item) => plainPick(item, paths)).filter((v) => v !== NOTHING);
  if (value === null) return null;
  if (typeof value !== 'object') return NOTHING;
  return Object.entries(value).reduce<object>((kept, [key, field]) => {
    const here = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    if (here.length === 0) return kept;
    const picked = plainPick(field, here);
    return picked === NOTHING ? kept : define(kept, key, picked);
  }, {});
}

function define(object: object, key: string, value: unknown): object {
  return Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
