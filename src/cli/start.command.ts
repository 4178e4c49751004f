import { runGateway } from '../framework/run-gateway.js';
import { loadAppModule, MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import { type Command, UsageError } from './command.js';

/** `portcullis start`: the service, configured by the environment. */
export const startCommand: Command = {
  name: 'start',
  synopsis: '[--module FILE]',
  summary: 'runs the gateway until it is told to stop; configured by the environment',
  details: [MODULE_DETAIL],
  options: MODULE_OPTION,
  async run(given, terminal) {
    const [file] = given.positionals;
    if (file !== undefined) {
      throw new UsageError(
        `start ${file}: declarative files come with a later version; without a FILE the application is started.`,
      );
    }
    await runGateway(await loadAppModule(given, terminal));
    return undefined;
  },
};
