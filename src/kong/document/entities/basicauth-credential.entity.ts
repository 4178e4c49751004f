import { SecretText } from '../../../contracts/secret-text.js';
import type { KongBasicAuthCredential } from '../../kong-configuration.js';
import { required, secret } from '../fields/field.js';
import { secretText, text } from '../fields/text.kinds.js';
import { CONSUMER_FIELD, consumerOf, type Owned } from './credential.entity.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, readEntity } from './entity-load.js';

const FIELDS = {
  // RFC 7617, section 2: the first colon ends the name.
  username: required(text('a name', (name) => (name.includes(':') ? 'a name without a colon' : undefined))),
  password: secret(required(secretText())),
  ...CONSUMER_FIELD,
} as const;

/** A name with a password, and whose it is. */
export function readBasicAuthCredential(
  declared: DeclaredEntity,
  load: EntityLoad,
): Owned<KongBasicAuthCredential> | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const consumer = consumerOf(declared, fields.consumer, load);
  const hashed = !declared.header.transform;
  if (hashed && !/^[0-9a-f]{40}$/i.test(fields.password.reveal())) {
    const node = declared.node.entries.get('password')?.value ?? declared.node;
    reading
      .member('password')
      .fail(
        node,
        'is no SHA-1 in 40 hex digits, which _transform: false says it is; hash it, or leave _transform out.',
      );
    return undefined;
  }
  if (!claim(declared, 'username', fields.username, load) || consumer === undefined) return undefined;
  const password = hashed ? new SecretText(fields.password.reveal().toLowerCase()) : fields.password;
  return { consumer, value: { ...entity, username: fields.username, password, hashed } };
}
