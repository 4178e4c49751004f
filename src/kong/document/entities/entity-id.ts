import { type MapNode, textAt } from '../text/document-node.js';
import { type DeclaredEntity, type EntityKind, KEY_FIELDS } from './declared-entity.js';
import { uuidV5 } from './uuid-v5.js';

// Kong's own namespace, so that an entity has the id here that it has there: hashes of passwords hold the consumer's.
const ENTITIES = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';
const NAMESPACES = new Map<EntityKind, string>();

/** The id of the entity of a kind that one belongs to, nested in it or naming it; `undefined` where there is none. */
type OwnerId = (kind: EntityKind) => string | undefined;

/** The id of an entity that was given none: derived from its key as Kong does, else from where it stands. */
export function derivedId(declared: DeclaredEntity, ownerId: OwnerId): string {
  const { kind, node, path } = declared;
  const key = keyOf(declared, ownerId);
  return uuidV5(namespaceOf(kind), key ?? `${node.source.index} ${path}`);
}

function keyOf({ kind, node }: DeclaredEntity, ownerId: OwnerId): string | undefined {
  // An id is shown to upstreams and in logs: nobody shall try keys against it.
  if (kind === 'keyauth_credentials') return undefined;
  const key = textAt(node, KEY_FIELDS[kind]);
  if (kind === 'plugins' && key === undefined) return pluginKey(node, ownerId);
  if (key === undefined) return undefined;
  if (kind === 'targets') return `${key}:${ownerId('upstreams')}`;
  if (kind === 'acls') return `${key}:${ownerId('consumers')}`;
  return key;
}

function pluginKey(node: MapNode, ownerId: OwnerId): string | undefined {
  const name = textAt(node, 'name');
  if (name === undefined) return undefined;
  const scopes = (['routes', 'services', 'consumers'] as const).map((kind) => ownerId(kind) ?? '');
  return ['plugins', name, ...scopes].join(':');
}

function namespaceOf(kind: EntityKind): string {
  const known = NAMESPACES.get(kind);
  if (known !== undefined) return known;
  const namespace = uuidV5(ENTITIES, kind);
  NAMESPACES.set(kind, namespace);
  return namespace;
}
