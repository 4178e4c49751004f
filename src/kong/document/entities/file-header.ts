import type { DocumentReport } from '../document-report.js';
import { type DocumentNode, isNull, type MapNode, memberOf } from '../text/document-node.js';
import { ENTITY_KINDS, type FileHeader } from './declared-entity.js';

const VERSIONS = ['1.1', '2.1', '3.0'] as const;

/** Every name that may stand at the top of a file and is carried out or tolerated. */
export const TOP_LEVEL_NAMES: readonly string[] = [
  '_format_version',
  '_transform',
  '_comment',
  '_ignore',
  '_info',
  '_workspace',
  '_konnect',
  '_plugin_configs',
  ...ENTITY_KINDS,
];

/** The head of a file. What is wrong with it is told, and the likeliest is taken so that the rest is checked too. */
export function readHeader(root: MapNode, report: DocumentReport): FileHeader {
  warnOfDefaults(root, report);
  return {
    formatVersion: formatVersionOf(root, report),
    transform: transformOf(root, report),
    pluginConfigs: pluginConfigsOf(root, report),
  };
}

function formatVersionOf(root: MapNode, report: DocumentReport): FileHeader['formatVersion'] {
  const node = root.entries.get('_format_version')?.value;
  if (node === undefined) {
    report.problem(
      root,
      '_format_version',
      '_format_version is missing; must be "1.1", "2.1" or "3.0", in quotes.',
    );
    return '3.0';
  }
  const value = node.kind === 'scalar' ? node.value : undefined;
  const version = VERSIONS.find((known) => known === value);
  if (version !== undefined) return version;
  const looks = node.kind === 'scalar' ? VERSIONS.find((known) => known === node.text) : undefined;
  report.problem(
    node,
    '_format_version',
    looks === undefined
      ? '_format_version is another one than "1.1", "2.1" and "3.0"; must be one of these, in quotes.'
      : `_format_version is a number; must be text: write "${looks}", in quotes.`,
  );
  return looks ?? '3.0';
}

function transformOf(root: MapNode, report: DocumentReport): boolean {
  const node = root.entries.get('_transform')?.value;
  if (node === undefined) return true;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
  report.problem(
    node,
    '_transform',
    '_transform must be true (passwords are plain) or false (they are hashes).',
  );
  return true;
}

function pluginConfigsOf(root: MapNode, report: DocumentReport): ReadonlyMap<string, MapNode> {
  const node = root.entries.get('_plugin_configs')?.value;
  const configs = new Map<string, MapNode>();
  if (node === undefined || isNull(node)) return configs;
  const fail = (at: DocumentNode, path: string) =>
    report.problem(at, path, 'must be a map of names to configurations of plugins.');
  if (node.kind !== 'map') {
    fail(node, '_plugin_configs');
    return configs;
  }
  for (const [name, { value }] of node.entries) {
    if (value.kind === 'map') configs.set(name, value);
    else fail(value, `_plugin_configs.${name}`);
  }
  return configs;
}

/** decK fills in `_info.defaults` before Kong sees the file. */
function warnOfDefaults(root: MapNode, report: DocumentReport): void {
  const info = root.entries.get('_info')?.value;
  const defaults = info === undefined ? undefined : memberOf(info, 'defaults');
  if (defaults === undefined || isNull(defaults)) return;
  if (defaults.kind === 'map' && defaults.entries.size === 0) return;
  report.warn(
    defaults,
    '_info.defaults',
    'defaults of decK are not applied; write the values at the entities.',
  );
}
