import type { DocumentReport } from '../document-report.js';
import { nearest } from '../fields/text.kinds.js';
import { type DocumentNode, isNull, type MapNode } from '../text/document-node.js';
import { type DeclaredEntity, type EntityKind, type FileHeader, NESTED } from './declared-entity.js';
import { UNCARRIED_ENTITIES } from './uncarried-entities.js';

/** The entities of one list, and those nested in them. */
export function collectEntities(
  kind: EntityKind,
  list: DocumentNode,
  path: string,
  parent: DeclaredEntity | undefined,
  header: FileHeader,
  report: DocumentReport,
): DeclaredEntity[] {
  if (isNull(list)) return [];
  if (list.kind !== 'list') {
    report.problem(list, path, `${kind} must be a list, with a dash before each entry.`);
    return [];
  }
  return list.items.flatMap((node, index) => {
    const at = `${path}[${index}]`;
    if (node.kind !== 'map') {
      report.problem(node, at, `an entry of ${kind} must be a map of its fields.`);
      return [];
    }
    const declared: DeclaredEntity = { kind, node, path: at, parent, header };
    return [declared, ...nestedEntities(declared, report)];
  });
}

function nestedEntities(declared: DeclaredEntity, report: DocumentReport): DeclaredEntity[] {
  return NESTED[declared.kind].flatMap((kind) => {
    const list = declared.node.entries.get(kind)?.value;
    if (list === undefined) return [];
    return collectEntities(kind, list, `${declared.path}.${kind}`, declared, declared.header, report);
  });
}

/** Says what is wrong with names at the top of a file that are none of entities that are carried out. */
export function refuseUnknownNames(root: MapNode, known: readonly string[], report: DocumentReport): void {
  for (const [name, { keyOffset, keySource, value }] of root.entries) {
    if (known.includes(name)) continue;
    const instead = Object.hasOwn(UNCARRIED_ENTITIES, name) ? UNCARRIED_ENTITIES[name] : undefined;
    if (instead !== undefined) {
      if (!isNothing(value)) report.problem(value, name, `${name} is not carried out here: ${instead}.`);
      continue;
    }
    const short = name.length <= 60 ? name : `${name.slice(0, 57)}…`;
    const mend = nearest(name, [...known, ...Object.keys(UNCARRIED_ENTITIES)], report);
    const there =
      mend === '.' ? `; there are ${known.filter((one) => !one.startsWith('_')).join(', ')}.` : mend;
    report.problemAt(keySource, keyOffset, short, `${short} is no entity of Kong's${there}`);
  }
}

export function isNothing(node: DocumentNode): boolean {
  return isNull(node) || (node.kind === 'list' && node.items.length === 0);
}
