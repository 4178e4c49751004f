import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Steps } from '../../contracts/steps.js';
import type { KongConfiguration } from '../kong-configuration.js';
import { NO_ROUTE } from './no-route.js';
import { PluginCompiler, type PluginParts } from './plugin.compiler.js';

/** What is wrong with the plugins of a configuration, each by itself, whatever they would run on. */
export function* pluginProblems(
  configuration: Pick<KongConfiguration, 'plugins'>,
  parts: PluginParts,
): Steps<readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const compiler = new PluginCompiler(configuration, parts, problems);
  for (const plugin of configuration.plugins) {
    compiler.look(plugin, NO_ROUTE);
    yield;
  }
  for (const close of compiler.closers) close();
  return problems;
}
