import type { KongPluginName } from '../kong-plugins.js';
import type { KongPluginMapping } from '../plugins/kong-plugin.js';

/** A mapping whose plugin's name does not matter to whoever holds it. */
// biome-ignore lint/suspicious/noExplicitAny: a list of mappings has no one name to be of.
export type AnyPluginMapping = KongPluginMapping<any>; // oxlint-disable-line typescript/no-explicit-any -- the same

/** How each plugin is carried out. */
export type PluginMappings = ReadonlyMap<KongPluginName, AnyPluginMapping>;

export function pluginMappings(mappings: readonly AnyPluginMapping[]): PluginMappings {
  return new Map(mappings.map((mapping) => [mapping.name as KongPluginName, mapping]));
}
