import { describe, expectTypeOf, it } from 'vitest';
import type { FieldPath } from '../../../../src/policies/filter-response/field-path.js';
import { FilterResponse } from '../../../../src/policies/filter-response/filter-response.decorator.js';

interface Card {
  number: string;
  'valid.until': string;
}
interface User {
  id: number;
  ssn?: string;
  born: Date;
  profile: { phone: string | null; address?: { city: string } } | null;
  orders: readonly { total: bigint; card: Card }[];
  matrix: { cell: number }[][];
  extra: unknown;
  friends: User[];
}

describe('FieldPath', () => {
  it('knows fields, nested fields, optional and nullable ones', () => {
    expectTypeOf<'id'>().toExtend<FieldPath<User>>();
    expectTypeOf<'ssn'>().toExtend<FieldPath<User>>();
    expectTypeOf<'profile.phone'>().toExtend<FieldPath<User>>();
    expectTypeOf<'profile.address.city'>().toExtend<FieldPath<User>>();
  });

  it('looks through lists, lists of lists, and a list at the top', () => {
    expectTypeOf<'orders.card.number'>().toExtend<FieldPath<User>>();
    expectTypeOf<'matrix.cell'>().toExtend<FieldPath<User>>();
    expectTypeOf<'orders.total'>().toExtend<FieldPath<User[]>>();
  });

  it('refuses names that are not fields, methods of values, and indexes', () => {
    expectTypeOf<'SSN'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'profile.mobile'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'born.getTime'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'ssn.length'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'orders.0.total'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'orders.length'>().not.toExtend<FieldPath<User>>();
  });

  it('refuses a name that holds a dot, since the path would mean something else', () => {
    expectTypeOf<'orders.card.valid.until'>().not.toExtend<FieldPath<User>>();
  });

  it('checks four levels of a type that contains itself and takes any path below', () => {
    expectTypeOf<'friends.friends.friends.ssn'>().toExtend<FieldPath<User>>();
    expectTypeOf<'friends.friends.friends.SSN'>().not.toExtend<FieldPath<User>>();
    expectTypeOf<'friends.friends.friends.friends.whatever'>().toExtend<FieldPath<User>>();
  });

  it('takes any path below a field of unknown type, and any path at all without a type', () => {
    expectTypeOf<'extra.deep.down'>().toExtend<FieldPath<User>>();
    expectTypeOf<FieldPath<unknown>>().toEqualTypeOf<string>();
    expectTypeOf<FieldPath<ReturnType<typeof JSON.parse>>>().toEqualTypeOf<string>();
    expectTypeOf<FieldPath<Record<string, Card>>>().toEqualTypeOf<string>();
  });

  it('keeps members of a union apart', () => {
    type Answer = { kind: 'user'; ssn: string } | { kind: 'firm'; vat: { id: string } };

    expectTypeOf<FieldPath<Answer>>().toEqualTypeOf<'kind' | 'ssn' | 'vat' | 'vat.id'>();
  });

  it('is what @FilterResponse takes, as omit or as pick but not as both', () => {
    FilterResponse<User>({ omit: ['ssn', 'orders.card.number'] });
    FilterResponse<User>({ pick: ['id'], limitBytes: 4096 });
    FilterResponse({ omit: ['any.path'] });
    // @ts-expect-error not a field
    FilterResponse<User>({ omit: ['passwordHash'] });
    // @ts-expect-error one or the other
    FilterResponse<User>({ omit: ['ssn'], pick: ['id'] });
    // @ts-expect-error neither
    FilterResponse<User>({ limitBytes: 4096 });
  });
});
