import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/contracts/gateway-error.js';
import type { BodyEdits } from '../../../../src/policies/transform-request/transform-request.options.js';
import { FORM_TYPE, field, JSON_TYPE, multipart, multipartType, sent } from './body.fixture.js';

const SEED = 20_261_129;
const RUNS = process.env['PROOFS'] === undefined ? 400 : 20_000;

/** Few names, so that edits meet what is there. */
const name = fc.constantFrom('a', 'b', 'c', 'é', 'x y', '__proto__', 'toString', 'q"r', '0');
const value = fc.oneof(
  fc.constantFrom('', 'x', '1', '&', '=', '"', '\r\n'),
  // A boundary of `B` ends Node's own reading of a form at any B.
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('B', 'b')),
);
/** No names inside: some cannot be read by every Node (see `readNames`). */
const member = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const pairs = fc.array(fc.tuple(name, value), { maxLength: 3 }).map((list) => Object.fromEntries(list));
const edits: fc.Arbitrary<BodyEdits> = fc.record({
  remove: fc.array(name, { maxLength: 2 }),
  rename: fc.array(fc.tuple(name, name), { maxLength: 2 }).map((list) => Object.fromEntries(list)),
  set: pairs,
  replace: pairs,
  add: pairs,
  append: pairs,
});

type Fields = readonly (readonly [name: string, value: string])[];

/** The edits, done to a list of fields as plainly as their meaning can be written. */
function model(fields: Fields, given: BodyEdits): Fields {
  let list = [...fields];
  const has = (key: string) => list.some(([one]) => one === key);
  const drop = (key: string) => {
    list = list.filter(([one]) => one !== key);
  };
  for (const key of given.remove ?? []) drop(key);
  for (const [from, to] of Object.entries(given.rename ?? {})) {
    if (from === to || !has(from)) continue;
    drop(to);
    list = list.map(([one, text]) => [one === from ? to : one, text] as const);
  }
  for (const [key, text] of Object.entries(given.set ?? {})) {
    drop(key);
    list.push([key, text]);
  }
  for (const [key, text] of Object.entries(given.replace ?? {})) {
    if (!has(key)) continue;
    drop(key);
    list.push([key, text]);
  }
  for (const [key, text] of Object.entries(given.add ?? {})) if (!has(key)) list.push([key, text]);
  for (const [key, text] of Object.entries(given.append ?? {})) list.push([key, String(text)]);
  return list;
}

/** The same for the members of an object. */
function objectModel(start: ReadonlyMap<string, unknown>, given: BodyEdits): ReadonlyMap<string, unknown> {
  const members = new Map(start);
  for (const key of given.remove ?? []) members.delete(key);
  for (const [from, to] of Object.entries(given.rename ?? {})) {
    if (from === to || !members.has(from)) continue;
    members.set(to, members.get(from));
    members.delete(from);
  }
  for (const [key, text] of Object.entries(given.set ?? {})) members.set(key, text);
  for (const [key, text] of Object.entries(given.replace ?? {})) if (members.has(key)) members.set(key, text);
  for (const [key, text] of Object.entries(given.add ?? {})) if (!members.has(key)) members.set(key, text);
  for (const [key, text] of Object.entries(given.append ?? {})) {
    const there = members.get(key) ?? [];
    members.set(key, Array.isArray(there) ? [...(there as unknown[]), text] : [there, text]);
  }
  return members;
}

const check = (property: fc.IAsyncProperty<unknown[]>) => fc.assert(property, { seed: SEED, numRuns: RUNS });

describe('any edits of any body', () => {
  it('make of a JSON object what the model makes of it', () =>
    check(
      fc.asyncProperty(fc.array(fc.tuple(name, member), { maxLength: 5 }), edits, async (members, given) => {
        const before = Object.fromEntries(members) as Record<string, unknown>;

        const body = await sent({ body: given }, JSON_TYPE, JSON.stringify(before));

        const after = JSON.parse(body ?? '') as Record<string, unknown>;
        const expected = Object.fromEntries(objectModel(new Map(Object.entries(before)), given));
        expect(JSON.parse(JSON.stringify(after))).toEqual(JSON.parse(JSON.stringify(expected)));
        expect(Object.keys(after).toSorted()).toEqual(Object.keys(expected).toSorted());
      }) as never,
    ));

  it('make of a form what the model makes of it', () =>
    check(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 5 }), edits, async (fields, given) => {
        const body = await sent({ body: given }, FORM_TYPE, new URLSearchParams(fields).toString());

        expect([...new URLSearchParams(body ?? '')]).toEqual(model(fields, given));
      }) as never,
    ));

  it('make of a multipart form what the model makes of it', () =>
    check(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 5 }), edits, async (fields, given) => {
        const before = multipart(...fields.map(([key, text]) => field(key.replace('"', '%22'), text)));

        const body = await sent({ body: given }, multipartType(), before);

        const form = await new Response(body ?? '', {
          headers: { 'Content-Type': 'multipart/form-data; boundary=B' },
        }).formData();
        expect([...form]).toEqual(model(fields, given));
      }) as never,
    ));

  it.each([
    ['JSON', JSON_TYPE, fc.constantFrom(...'{}[]":,\\u0a1e \n')],
    ['a form', FORM_TYPE, fc.constantFrom(...'a=&%+41;é\0')],
    [
      'a multipart form',
      multipartType(),
      fc.constantFrom('--B', '\r\n', '--', 'Content-Disposition: form-data', '; name=', '"', 'a', ':', ' '),
    ],
  ])('end in a body or a 400, whatever comes as %s', (_what, headers, piece) =>
    check(
      fc.asyncProperty(fc.array(piece, { maxLength: 16 }), edits, async (pieces, given) => {
        const outcome = await sent({ body: given }, headers, pieces.join('')).catch(
          (error: unknown) => error,
        );

        if (typeof outcome === 'string') return;
        expect(outcome).toBeInstanceOf(GatewayError);
        expect((outcome as GatewayError).code).toBe('bad-request');
      }) as never,
    ),
  );
});
