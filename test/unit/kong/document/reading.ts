import type { DocumentOptions } from '../../../../src/kong/document/document-options.js';
import { findingProblem, type KongFinding } from '../../../../src/kong/document/document-report.js';
import {
  type KongReading,
  readKongConfiguration,
} from '../../../../src/kong/document/read-kong-configuration.js';
import type { KongConfiguration } from '../../../../src/kong/kong-configuration.js';
import type { KongPluginConfigs, KongPluginName } from '../../../../src/kong/kong-plugins.js';

/** Reads one file, `kong.yml`. */
export function read(text: string, options: DocumentOptions = {}): KongReading {
  return readKongConfiguration([{ name: 'kong.yml', text }], options);
}

/** Reads what stands below `_format_version: "3.0"`. */
export function readBody(body: string, options: DocumentOptions = {}): KongReading {
  return read(`_format_version: "3.0"\n${body}`, options);
}

/** The configuration of a body that must be sound. */
export function sound(body: string, options: DocumentOptions = {}): KongConfiguration {
  const { configuration, problems } = readBody(body, options);
  if (configuration === undefined) throw new Error(told(problems));
  return configuration;
}

/** Findings as they are printed, one a line. */
export function told(findings: readonly KongFinding[]): string {
  return findings
    .map(findingProblem)
    .map(({ where, message }) => `${where}: ${message}`)
    .join('\n');
}

/** Everything that is told about a body, problems first. */
export function toldOf(body: string, options: DocumentOptions = {}): string {
  const { problems, warnings } = readBody(body, options);
  return told([...problems, ...warnings]);
}

/** A global plugin with its configuration in YAML's flow form. */
export function pluginBody(name: string, config = '{}'): string {
  return `plugins: [{name: ${name}, config: ${config}}]\nconsumers: [{username: ann}]`;
}

/** The configuration of a global plugin that must be sound. */
export function pluginConfig<Name extends KongPluginName>(
  name: Name,
  config: string,
  options: DocumentOptions = {},
): KongPluginConfigs[Name] {
  const [plugin] = sound(pluginBody(name, config), options).plugins;
  return plugin?.config as KongPluginConfigs[Name];
}
