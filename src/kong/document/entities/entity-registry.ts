import { placeText } from '../../place-text.js';
import { type DocumentReport, placeOf } from '../document-report.js';
import { memberOf, textAt } from '../text/document-node.js';
import { type DeclaredEntity, ENTITY_KINDS, type EntityKind, KEY_FIELDS } from './declared-entity.js';
import { derivedId } from './entity-id.js';
import { referenceText } from './reference.kind.js';

/** Fields by which an entity is found, each unique among its kind over all files. */
const UNIQUE_NAMES: { readonly [kind in EntityKind]?: readonly string[] } = {
  services: ['name'],
  routes: ['name'],
  upstreams: ['name'],
  consumers: ['username', 'custom_id'],
  plugins: ['instance_name'],
};
/** Those of them that a reference may write. */
const REFERENCE_NAMES: { readonly [kind in EntityKind]?: string } = {
  services: 'name',
  routes: 'name',
  upstreams: 'name',
  consumers: 'username',
};

const MOST_SUGGESTIONS = 20;

/** All entities of all files, by id and by name. */
export class EntityRegistry {
  readonly #ids = new Map<DeclaredEntity, string>();
  readonly #byId = new Map<string, DeclaredEntity>();
  readonly #byName = new Map<string, DeclaredEntity>();
  #suggestions = 0;

  constructor(entities: readonly DeclaredEntity[], report: DocumentReport) {
    const inOrder = entities.toSorted(
      (one, other) => ENTITY_KINDS.indexOf(one.kind) - ENTITY_KINDS.indexOf(other.kind),
    );
    for (const entity of inOrder) {
      this.#nameOf(entity, report);
      this.#identify(entity, report);
    }
  }

  idOf(entity: DeclaredEntity): string {
    return this.#ids.get(entity) ?? '';
  }

  /** By id, else by name. */
  find(kind: EntityKind, reference: string): DeclaredEntity | undefined {
    const field = REFERENCE_NAMES[kind];
    const named = field === undefined ? undefined : this.#byName.get(`${kind} ${field} ${reference}`);
    return named ?? this.#byId.get(`${kind} ${reference.toLowerCase()}`);
  }

  /** Names that a reference to this kind could mean; none after a while, for comparing takes its time. */
  suggestionsFor(kind: EntityKind): string[] {
    if (this.#suggestions++ >= MOST_SUGGESTIONS) return [];
    const prefix = `${kind} ${REFERENCE_NAMES[kind]} `;
    return [...this.#byName.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  }

  #nameOf(entity: DeclaredEntity, report: DocumentReport): void {
    for (const field of UNIQUE_NAMES[entity.kind] ?? []) {
      const name = textAt(entity.node, field);
      if (name === undefined) continue;
      const key = `${entity.kind} ${field} ${name}`;
      const first = this.#byName.get(key);
      if (first === undefined) this.#byName.set(key, entity);
      else {
        const node = memberOf(entity.node, field) ?? entity.node;
        report.problem(node, `${entity.path}.${field}`, takenText(field, first, entity.kind));
      }
    }
  }

  /** Owners come before what they own, so theirs is known. */
  #ownerId({ node, parent }: DeclaredEntity, kind: EntityKind): string | undefined {
    const named = referenceText(node, kind.slice(0, -1), KEY_FIELDS[kind]);
    const owner = parent?.kind === kind || named === undefined ? parent : this.find(kind, named);
    return owner?.kind === kind ? this.#ids.get(owner) : undefined;
  }

  #identify(entity: DeclaredEntity, report: DocumentReport): void {
    const given = textAt(entity.node, 'id')?.toLowerCase();
    const id = given ?? derivedId(entity, (kind) => this.#ownerId(entity, kind));
    this.#ids.set(entity, id);
    const key = `${entity.kind} ${id}`;
    const first = this.#byId.get(key);
    if (first === undefined) this.#byId.set(key, entity);
    else if (given !== undefined || textAt(first.node, 'id') !== undefined) {
      report.problem(
        memberOf(entity.node, 'id') ?? entity.node,
        `${entity.path}.id`,
        takenText('id', first, entity.kind),
      );
    }
  }
}

/** `name is taken by kong.yml:3:5 already; …`: the value itself may be a secret. */
export function takenText(field: string, first: DeclaredEntity, kind: EntityKind): string {
  const place = placeOf(first.node, first.path);
  return `${field} is taken already by ${place.path} (${placeText(place)}); it must be unique among ${kind}.`;
}
