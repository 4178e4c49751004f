import { pluginMappings } from '../../kong/plan/plugin-mappings.js';

/** Every plugin of Kong that is carried out. A new one is a file and a line here. */
export const KONG_MAPPINGS = pluginMappings([]);
