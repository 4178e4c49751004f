import type { KongEntity } from '../../kong-configuration.js';
import { placeOf } from '../document-report.js';
import { clearable, type Field, ignored, optional } from '../fields/field.js';
import { FAULT, Reading, type ReadingScope, shown } from '../fields/reading.js';
import { type RecordFields, type RecordOf, readRecord } from '../fields/record.kind.js';
import { anyText, nearest, text } from '../fields/text.kinds.js';
import { setOf } from '../fields/value.kinds.js';
import type { DocumentNode } from '../text/document-node.js';
import type { DeclaredEntity, EntityKind } from './declared-entity.js';
import { type EntityRegistry, takenText } from './entity-registry.js';
import type { Reference } from './reference.kind.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Fields that every entity may have. */
export const ENTITY_FIELDS = {
  id: optional(
    text('a UUID', (id) => (UUID.test(id) ? undefined : 'a UUID; leave it out, and one is derived')),
  ),
  tags: clearable(setOf(text()), []) as Field<readonly string[]>,
  created_at: ignored,
  updated_at: ignored,
  _comment: optional(anyText),
  _ignore: ignored,
} as const;

/** What reading one entity may use. */
export interface EntityLoad extends ReadingScope {
  readonly registry: EntityRegistry;
  /** What is taken, by kind, field and value. */
  readonly taken: Map<string, DeclaredEntity>;
}

/** The fields of an entity, with what every entity has; `undefined` when the report says what is wrong. */
export function readEntity<Fields extends RecordFields>(
  declared: DeclaredEntity,
  fields: Fields,
  load: EntityLoad,
): { readonly fields: RecordOf<Fields>; readonly reading: Reading; readonly entity: KongEntity } | undefined {
  const reading = new Reading(load, declared.path);
  const read = readRecord({ ...ENTITY_FIELDS, ...fields }, declared.node, reading);
  if (read === FAULT) return undefined;
  const entity: KongEntity = {
    id: load.registry.idOf(declared),
    tags: read['tags'] as readonly string[],
    place: placeOf(declared.node, declared.path),
  };
  return { fields: read as RecordOf<Fields>, reading, entity };
}

/** Takes a value that may be there once, and tells when it is taken. */
export function claim(declared: DeclaredEntity, field: string, value: string, load: EntityLoad): boolean {
  const key = `${declared.kind} ${field} ${value}`;
  const first = load.taken.get(key);
  if (first === undefined) {
    load.taken.set(key, declared);
    return true;
  }
  const node = declared.node.entries.get(field)?.value ?? declared.node;
  load.report.problem(node, `${declared.path}.${field}`, takenText(field, first, declared.kind));
  return false;
}

/**
 * The entity of another kind that this one belongs to: the one it is nested in, or the one it names.
 * `undefined` when there is none, FAULT when the report says what is wrong.
 */
export function ownerOf(
  declared: DeclaredEntity,
  kind: EntityKind,
  reference: Reference | undefined,
  load: EntityLoad,
): DeclaredEntity | undefined | typeof FAULT {
  const field = kind.slice(0, -1);
  const reading = new Reading(load, `${declared.path}.${field}`);
  const nestedIn = declared.parent?.kind === kind ? declared.parent : undefined;
  if (reference === undefined) return nestedIn;
  const found = load.registry.find(kind, reference.text);
  if (found === undefined) {
    const mend = nearest(reference.text, load.registry.suggestionsFor(kind), load.report);
    return reading.fail(
      reference.node,
      `is ${referenceShown(reference.node)}; there is no such entry in ${kind}${mend}`,
    );
  }
  if (nestedIn !== undefined && found !== nestedIn) {
    return reading.fail(
      reference.node,
      `names another one than that which it stands in; leave ${field} out.`,
    );
  }
  return found;
}

function referenceShown(node: DocumentNode): string {
  return shown(node, false);
}
