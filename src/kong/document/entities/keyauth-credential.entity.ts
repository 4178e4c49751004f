import type { KongKeyAuthCredential } from '../../kong-configuration.js';
import { optional, required, secret } from '../fields/field.js';
import { secretText, text } from '../fields/text.kinds.js';
import { whole } from '../fields/value.kinds.js';
import { CONSUMER_FIELD, consumerOf, type Owned } from './credential.entity.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, readEntity } from './entity-load.js';

const FIELDS = {
  key: secret(required(secretText(text('text (one that Kong makes up nobody could know here)')))),
  ttl: optional(whole(0, 100_000_000)),
  ...CONSUMER_FIELD,
} as const;

/** An API key, and whose it is. */
export function readKeyAuthCredential(
  declared: DeclaredEntity,
  load: EntityLoad,
): Owned<KongKeyAuthCredential> | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity } = read;
  const consumer = consumerOf(declared, fields.consumer, load);
  if (!claim(declared, 'key', fields.key.reveal(), load) || consumer === undefined) return undefined;
  // Kong takes 0 for a key without an end.
  const ttl = fields.ttl === 0 ? undefined : fields.ttl;
  return { consumer, value: { ...entity, key: fields.key, ttl } };
}
