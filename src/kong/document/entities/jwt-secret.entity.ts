import { createPublicKey, type KeyObject } from 'node:crypto';
import { KONG_JWT_ALGORITHMS, type KongJwtAlgorithm, type KongJwtSecret } from '../../kong-configuration.js';
import { optional, required, secret, withDefault } from '../fields/field.js';
import { oneOf, secretText, text } from '../fields/text.kinds.js';
import { CONSUMER_FIELD, consumerOf, type Owned } from './credential.entity.js';
import type { DeclaredEntity } from './declared-entity.js';
import { claim, type EntityLoad, readEntity } from './entity-load.js';

const FIELDS = {
  key: required(text('text (one that Kong makes up nobody could know here)')),
  algorithm: withDefault(oneOf(...KONG_JWT_ALGORITHMS), 'HS256'),
  secret: secret(optional(secretText())),
  // decK's dumps hold secrets of asymmetric credentials too, and a private key is pasted here by mistake.
  rsa_public_key: secret(optional(text('a public key in PEM'))),
  ...CONSUMER_FIELD,
} as const;

/** A JWT credential, and whose it is. */
export function readJwtSecret(declared: DeclaredEntity, load: EntityLoad): Owned<KongJwtSecret> | undefined {
  const read = readEntity(declared, FIELDS, load);
  if (read === undefined) return undefined;
  const { fields, entity, reading } = read;
  const consumer = consumerOf(declared, fields.consumer, load);
  const { algorithm, secret: shared, rsa_public_key: pem } = fields;
  const symmetric = algorithm.startsWith('HS');
  if (symmetric && shared === undefined) {
    reading
      .member('secret')
      .fail(
        declared.node,
        `is missing; ${algorithm} needs it, and one that Kong makes up could be known to nobody here.`,
      );
    return undefined;
  }
  if (!symmetric) {
    const wrong = pem === undefined ? `is missing; ${algorithm} needs it.` : keyFault(pem, algorithm);
    if (wrong !== undefined) {
      reading
        .member('rsa_public_key')
        .fail(declared.node.entries.get('rsa_public_key')?.value ?? declared.node, wrong);
      return undefined;
    }
  }
  if (!claim(declared, 'key', fields.key, load) || consumer === undefined) return undefined;
  const value: KongJwtSecret = {
    ...entity,
    key: fields.key,
    algorithm,
    secret: symmetric ? shared : undefined,
    publicKey: symmetric ? undefined : pem,
  };
  return { consumer, value };
}

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

/** Why a PEM text cannot verify tokens of an algorithm, behind the field's name. */
function keyFault(pem: string, algorithm: KongJwtAlgorithm): string | undefined {
  if (pem.includes('PRIVATE KEY-----'))
    return 'holds a private key; write its public key, and take the private one out of the file.';
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return 'holds no public key; must be one in PEM (-----BEGIN PUBLIC KEY-----).';
  }
  const kind = key.asymmetricKeyType;
  if (algorithm === 'EdDSA')
    return kind === 'ed25519' || kind === 'ed448'
      ? undefined
      : 'holds a key that is not of Ed25519; EdDSA needs one.';
  const curve = CURVES[algorithm];
  if (curve === undefined)
    return kind === 'rsa' || kind === 'rsa-pss'
      ? undefined
      : `holds a key that is not of RSA; ${algorithm} needs one.`;
  return key.asymmetricKeyDetails?.namedCurve === curve
    ? undefined
    : `holds a key of another curve; ${algorithm} needs ${curve}.`;
}
