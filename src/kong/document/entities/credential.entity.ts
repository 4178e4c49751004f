import { optional } from '../fields/field.js';
import { FAULT } from '../fields/reading.js';
import type { DeclaredEntity } from './declared-entity.js';
import { type EntityLoad, ownerOf } from './entity-load.js';
import { type Reference, reference } from './reference.kind.js';

/** Where a credential that is not nested says whose it is. */
export const CONSUMER_FIELD = { consumer: optional(reference('username')) } as const;

/** Something that belongs to a consumer. */
export interface Owned<T> {
  readonly consumer: DeclaredEntity;
  readonly value: T;
}

/** The consumer that a credential belongs to; `undefined` when the report says what is wrong. */
export function consumerOf(
  declared: DeclaredEntity,
  given: Reference | undefined,
  load: EntityLoad,
): DeclaredEntity | undefined {
  const owner = ownerOf(declared, 'consumers', given, load);
  if (owner !== undefined) return owner === FAULT ? undefined : owner;
  load.report.problem(
    declared.node,
    `${declared.path}.consumer`,
    'consumer is missing; must be the username or id of a consumer.',
  );
  return undefined;
}
