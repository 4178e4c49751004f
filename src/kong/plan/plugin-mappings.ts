import type { KongPluginName } from '../kong-plugins.js';
import type { KongPluginMapping } from '../plugins/kong-plugin.js';

/** A mapping whose plugin's name does not matter to whoever holds it; it is given instances of its own plugin only. */
export type AnyPluginMapping = KongPluginMapping<KongPluginName>;

/** How each plugin is carried out. */
export type PluginMappings = ReadonlyMap<KongPluginName, AnyPluginMapping>;

export function pluginMappings(mappings: readonly AnyPluginMapping[]): PluginMappings {
  return new Map(mappings.map((mapping) => [mapping.name, mapping]));
}
