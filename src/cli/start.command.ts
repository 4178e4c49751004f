import { runGateway } from '../framework/run-gateway.js';
import { MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import type { Command } from './command.js';
import { chooseApplication, STRICT_DETAIL, STRICT_OPTION } from './declarative-files.js';

/** `portcullis start`: the service, configured by the environment, or a gateway of declarative files alone. */
export const startCommand: Command = {
  name: 'start',
  synopsis: '[FILE …] [--strict-kong] [--module FILE]',
  summary: 'runs the gateway until it is told to stop; configured by the environment',
  details: [
    'FILE …          Kong files, or directories of them: a gateway of their routes alone',
    STRICT_DETAIL,
    MODULE_DETAIL,
  ],
  options: { ...STRICT_OPTION, ...MODULE_OPTION },
  async run(given, terminal) {
    const { module, environment } = await chooseApplication(given.positionals, given, terminal);
    await runGateway(module, { environment });
    return undefined;
  },
};
