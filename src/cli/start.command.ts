import { runGateway } from '../framework/run-gateway.js';
import { MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import type { Command } from './command.js';
import { chooseApplication, FILE_DETAILS, FILE_OPTIONS } from './declarative-files.js';

/** `portcullis start`: the service, configured by the environment, or a gateway of declarative files alone. */
export const startCommand: Command = {
  name: 'start',
  synopsis: '[FILE …] [--strict-kong] [--refuse-open] [--module FILE]',
  summary: 'runs the gateway until it is told to stop; configured by the environment',
  details: [
    'FILE …          Kong files, or directories of them: a gateway of their routes alone',
    ...FILE_DETAILS,
    MODULE_DETAIL,
  ],
  options: { ...FILE_OPTIONS, ...MODULE_OPTION },
  async run(given, terminal) {
    const { module, environment } = await chooseApplication(given.positionals, given, terminal);
    await runGateway(module, { environment });
    return undefined;
  },
};
