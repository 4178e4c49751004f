import type { KongConsumer } from '../../kong-configuration.js';
import { ignored, notHere, optional } from '../fields/field.js';
import { text } from '../fields/text.kinds.js';
import type { DeclaredEntity } from './declared-entity.js';
import { type EntityLoad, readEntity } from './entity-load.js';
import { UNCARRIED_ENTITIES } from './uncarried-entities.js';

const instead = (entity: string) => notHere(`is not carried out here: ${UNCARRIED_ENTITIES[entity]}.`);

const FIELDS = {
  username: optional(text('a name')),
  custom_id: optional(text('an id')),
  type: ignored,
  jwt_secrets: ignored,
  keyauth_credentials: ignored,
  basicauth_credentials: ignored,
  acls: ignored,
  plugins: ignored,
  hmacauth_credentials: instead('hmacauth_credentials'),
  oauth2_credentials: instead('oauth2_credentials'),
  mtls_auth_credentials: instead('mtls_auth_credentials'),
  groups: instead('consumer_groups'),
} as const;

/** What a consumer was given besides its own fields. */
export type ConsumerBelongings = Pick<
  KongConsumer,
  'jwtSecrets' | 'keyAuthCredentials' | 'basicAuthCredentials' | 'groups'
>;

/** A consumer with its credentials. */
export function readConsumer(
  declared: DeclaredEntity,
  belongings: ConsumerBelongings,
  load: EntityLoad,
): KongConsumer | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  if (fields.username === undefined && fields.custom_id === undefined) {
    reading.fail(declared.node, 'has neither username nor custom_id; must have one of them.');
    return undefined;
  }
  return { ...entity, ...belongings, username: fields.username, customId: fields.custom_id };
}
