import { hasFields } from '../json-body/exact-json.js';
import { MAX_DEPTH } from '../json-body/json-depth.js';
import { UnreadableBody } from '../json-body/unreadable-body.js';
import type { FieldTree } from './field-tree.js';

/**
 * Takes the tree's fields out of a parsed value, in place.
 *
 * A field is set to `undefined`, which JSON.stringify leaves out: `delete` would turn the object into a dictionary
 * and make the whole filter three times as slow.
 */
export function omitFields(value: unknown, tree: FieldTree, depth = 0): void {
  if (Array.isArray(value)) {
    for (const item of value) omitFields(item, tree, below(depth));
    return;
  }
  if (!hasFields(value)) return;
  const { names, nodes } = tree;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    // Own fields only: assigning an absent `__proto__` would reach the prototype.
    if (!Object.hasOwn(value, name)) continue;
    const node = nodes[i] as FieldTree;
    if (node.whole) value[name] = undefined;
    else omitFields(value[name], node, depth);
  }
}

/**
 * Leaves nothing but the tree's fields in a parsed value, in place. `false` when the value itself may not stay:
 * a scalar where only fields of an object are allowed. `null` says nothing and stays.
 */
export function pickFields(value: unknown, tree: FieldTree, depth = 0): boolean {
  if (Array.isArray(value)) {
    let kept = 0;
    for (const item of value) if (pickFields(item, tree, below(depth))) value[kept++] = item;
    value.length = kept;
    return true;
  }
  if (value === null) return true;
  if (!hasFields(value)) return false;
  for (const name of Object.keys(value)) {
    const node = tree.byName.get(name);
    if (node === undefined || !(node.whole || pickFields(value[name], node, depth))) value[name] = undefined;
  }
  return true;
}

/** Only arrays can nest without end here: objects go as deep as the tree. */
function below(depth: number): number {
  if (depth >= MAX_DEPTH) throw new UnreadableBody('that nests too deeply');
  return depth + 1;
}
