import type { DocumentNode } from '../text/document-node.js';
import type { Kind } from './kind.js';

/** One field of a record: what may stand there, and what its absence and null mean. */
export interface Field<T> {
  readonly kind: Kind<T>;
  /** `undefined` when it must be given. */
  readonly whenAbsent: { readonly value: T } | undefined;
  /** `undefined` when null is refused. */
  readonly whenNull: { readonly value: T } | undefined;
  /** Values are never shown. */
  readonly secret: boolean;
}

export const required = <T>(kind: Kind<T>): Field<T> => ({
  kind,
  whenAbsent: undefined,
  whenNull: undefined,
  secret: false,
});

/** May be left out; null leaves it out too. */
export const optional = <T>(kind: Kind<T>): Field<T | undefined> => ({
  kind,
  whenAbsent: { value: undefined },
  whenNull: { value: undefined },
  secret: false,
});

/** Has a default; null is not the default in Kong, so it is refused. */
export const withDefault = <T>(kind: Kind<T>, value: T): Field<T> => ({
  kind,
  whenAbsent: { value },
  whenNull: undefined,
  secret: false,
});

/** Has a default, which Kong also takes where null was written. */
export const clearable = <T>(kind: Kind<T>, value: T): Field<T> => ({
  kind,
  whenAbsent: { value },
  whenNull: { value },
  secret: false,
});

/** A list of matchers: empty and null are as good as left out. */
export const matchers = <T>(kind: Kind<readonly T[]>): Field<readonly T[]> => clearable(kind, []);

export const secret = <T>(field: Field<T>): Field<T> => ({ ...field, secret: true });

/** Kong has it and it changes nothing here. */
export const ignored: Field<undefined> = {
  kind: { allowed: 'anything', read: () => undefined },
  whenAbsent: { value: undefined },
  whenNull: { value: undefined },
  secret: true,
};

/** Another field says it, so whatever stands there is not read. */
export const unread = <T>(field: Field<T>): Field<T | undefined> => ({
  ...ignored,
  whenAbsent: field.whenAbsent ?? ignored.whenAbsent,
});

/** Kong 3 has it under another name. */
export const renamed = (to: string): Field<undefined> =>
  notHere(`is the name that Kong had before 3.0; write ${to}.`, () => false);

/** Kong has it, the gateway does not: whatever switches it on is a problem. `why` follows the field's name. */
export const notHere = (why: string, isOff: (node: DocumentNode) => boolean = isEmpty): Field<undefined> => ({
  kind: {
    allowed: 'left out',
    read: (node, reading) => (isOff(node) ? undefined : reading.fail(node, why)),
  },
  whenAbsent: { value: undefined },
  whenNull: { value: undefined },
  secret: true,
});

function isEmpty(node: DocumentNode): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map') return node.entries.size === 0;
  return node.value === false;
}
