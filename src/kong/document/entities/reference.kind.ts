import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { text } from '../fields/text.kinds.js';
import {
  type DocumentNode,
  isNull,
  type MapNode,
  memberOf as nodeOf,
  textAt,
} from '../text/document-node.js';

/** A reference to another entity as it was written. */
export interface Reference {
  readonly text: string;
  readonly node: DocumentNode;
}

/** An id or a name: alone, or as decK and the Admin API write it, `{name: users}`. */
export function reference(nameField: 'name' | 'username'): Kind<Reference> {
  const allowed = `an id or a ${nameField}`;
  const plain = text(allowed);
  return {
    allowed,
    read(node, reading) {
      const written = node.kind === 'map' ? memberOf(node.entries, nameField) : node;
      if (written === undefined) return reading.refuse(node, `${allowed}, or {${nameField}: …}`);
      const found = plain.read(written, reading);
      return found === FAULT ? FAULT : { text: found, node: written };
    },
  };
}

function memberOf(
  entries: ReadonlyMap<string, { readonly value: DocumentNode }>,
  nameField: string,
): DocumentNode | undefined {
  for (const field of ['id', nameField]) {
    const value = entries.get(field)?.value;
    if (value !== undefined && !isNull(value)) return value;
  }
  return undefined;
}

/** What a reference says, before its field is checked; `undefined` for what is none. */
export function referenceText(node: MapNode, field: string, nameField: string): string | undefined {
  const written = nodeOf(node, field);
  return written?.kind === 'map'
    ? (textAt(written, 'id') ?? textAt(written, nameField))
    : textAt(node, field);
}
