import type { Reading } from '../fields/reading.js';
import { nearest } from '../fields/text.kinds.js';
import { isNull, type MapNode } from '../text/document-node.js';
import type { DeclaredEntity } from './declared-entity.js';

/**
 * The configuration of a plugin: its own, over the shared one that `_config` names (decK merges the two by their
 * top-level names). An empty map where there is none; `undefined` when the report says what is wrong.
 */
export function pluginConfigNode(
  { node, header }: DeclaredEntity,
  sharedName: string | undefined,
  reading: Reading,
): MapNode | undefined {
  const given = node.entries.get('config')?.value;
  if (given !== undefined && !isNull(given) && given.kind !== 'map') {
    reading.member('config').refuse(given, 'a map');
    return undefined;
  }
  const own = given?.kind === 'map' ? given : { ...node, entries: new Map() };
  if (sharedName === undefined) return own;
  const shared = header.pluginConfigs.get(sharedName);
  if (shared === undefined) {
    const known = [...header.pluginConfigs.keys()];
    reading
      .member('_config')
      .fail(node, `names nothing in _plugin_configs${nearest(sharedName, known, reading.scope.report)}`);
    return undefined;
  }
  return { ...own, entries: new Map([...shared.entries, ...own.entries]) };
}
