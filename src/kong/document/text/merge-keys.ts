import type { DocumentNode, MapEntry, MapNode } from './document-node.js';

/**
 * What `<<` adds to a map: entries of its own come first, then those of the maps in their order.
 * `undefined` when something else than maps is merged. (https://yaml.org/type/merge.html)
 */
export function mergeKeys(
  own: ReadonlyMap<string, MapEntry>,
  merged: readonly DocumentNode[],
): ReadonlyMap<string, MapEntry> | undefined {
  const maps = merged.flatMap((node) => (node.kind === 'list' ? node.items : [node]));
  if (!maps.every((node): node is MapNode => node.kind === 'map')) return undefined;
  const entries = new Map(own);
  for (const { entries: more } of maps) {
    for (const [name, entry] of more) if (!entries.has(name)) entries.set(name, entry);
  }
  return entries;
}
