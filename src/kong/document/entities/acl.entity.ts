import { required } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import { CONSUMER_FIELD, consumerOf, type Owned } from './credential.entity.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, readEntity } from './entity-load.js';

const FIELDS = { group: required(text('the name of a group')), ...CONSUMER_FIELD } as const;

/** A group, and who is in it. */
export function readAcl(declared: DeclaredEntity, load: EntityLoad): Owned<string> | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields } = read;
  const consumer = consumerOf(declared, fields.consumer, load);
  if (consumer === undefined) return undefined;
  const spot = `${load.registry.idOf(consumer)} ${fields.group}`;
  return claim(declared, 'group', spot, load) ? { consumer, value: fields.group } : undefined;
}
