/**
 * The dotted paths of a type's fields: `'ssn' | 'profile' | 'profile.phone' | 'orders.card.number' …`.
 *
 * Arrays are transparent: `orders.id` names the id of every order. Four levels are checked; what lies deeper is
 * any string, so that recursive types end. Without a type (`unknown`, `any`) every string is a path.
 * A field whose name holds a dot has no path: omit its parent, or pick around it.
 */
export type FieldPath<T> = unknown extends T ? string : PathOf<ElementOf<T>, 3>;

type PathOf<T, Depth extends number> = T extends Scalar
  ? never
  : { [Key in Extract<keyof T, string>]-?: KeyPath<Key, ElementOf<T[Key]>, Depth> }[Extract<keyof T, string>];

type KeyPath<Key extends string, Value, Depth extends number> = Key extends `${string}.${string}`
  ? never
  : Key | (unknown extends Value ? `${Key}.${string}` : NestedPath<Key, Value, Depth>);

type NestedPath<Key extends string, Value, Depth extends number> = Value extends Scalar
  ? never
  : Depth extends 0
    ? `${Key}.${string}`
    : `${Key}.${PathOf<Value, Below[Depth]>}`;

/** What is left of a value once arrays are looked through. */
type ElementOf<T> = unknown extends T ? T : T extends readonly (infer Item)[] ? ElementOf<Item> : T;

type Scalar =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | ((...parameters: never[]) => unknown);

/** One less than the index. */
type Below = readonly [0, 0, 1, 2];
