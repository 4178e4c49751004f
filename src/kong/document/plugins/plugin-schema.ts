import type { KongPluginConfigs, KongPluginName } from '../../kong-plugins.js';
import { FAULT, type Fault, type Reading } from '../fields/reading.js';
import type { RecordFields, RecordOf } from '../fields/record.kind.js';
import { readRecord } from '../fields/record.kind.js';
import type { MapNode } from '../text/document-node.js';

/** How the configuration of one plugin is read. */
export interface PluginSchema<Name extends KongPluginName> {
  readonly name: Name;
  /** Kong refuses some at a consumer: who it is is not known before they run. */
  readonly consumerScope: boolean;
  readConfig(node: MapNode, reading: Reading): KongPluginConfigs[Name] | Fault;
}

/**
 * A schema from the fields of `config` and what is made of them. `finish` holds the rules between fields; it tells the
 * reading what is wrong and gives FAULT.
 */
export function pluginSchema<Name extends KongPluginName, Fields extends RecordFields>(
  name: Name,
  { consumerScope = true }: { readonly consumerScope?: boolean },
  fields: Fields,
  finish: (config: RecordOf<Fields>, node: MapNode, reading: Reading) => KongPluginConfigs[Name] | Fault,
): PluginSchema<Name> {
  return {
    name,
    consumerScope,
    readConfig(node, reading) {
      const config = readRecord(fields, node, reading);
      return config === FAULT ? FAULT : finish(config, node, reading);
    },
  };
}
