import { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';
import { bootFailure, EXIT_CONFIG } from '../framework/boot-failure.js';
import { findingProblem } from '../kong/document/document-report.js';
import { readKongFiles } from '../kong/document/read-kong-files.js';
import type { KongConfiguration } from '../kong/kong-configuration.js';
import { type Arguments, type Command, type Terminal, UsageError } from './command.js';
import { chooseApplication, refuseEmptyNames } from './declarative-files.js';
import { readPlan } from './planned-gateway.js';

/**
 * `portcullis check FILE …`: whether files of Kong's declarative format would run, and what to know about them.
 *
 * 1. They are read, which tells the most, and each with its place.
 * 2. What reading finds sound is planned as a start would, up to the ports: regexes, keys, policies, this environment.
 */
export const checkCommand: Command = {
  name: 'check',
  synopsis: 'FILE … [--strict-kong] [--refuse-open]',
  summary:
    "reads files of Kong's declarative format and prints every problem and warning; exits 78 on a problem",
  details: [
    'FILE            YAML or JSON, or a folder of them; several are read as one configuration',
    '--strict-kong   what is deliberately different from Kong is a problem',
    '--refuse-open   a route that no authentication reaches is a problem',
  ],
  options: { 'strict-kong': { type: 'boolean' }, 'refuse-open': { type: 'boolean' } },
  async run(given, terminal) {
    const { positionals, options } = given;
    const { environment, folder, out, err } = terminal;
    if (positionals.length === 0) throw new UsageError('check needs a file: portcullis check kong.yml');
    refuseEmptyNames(positionals);
    // 1
    const { configuration, problems, warnings } = await readKongFiles(positionals, {
      environment,
      folder,
      strict: options['strict-kong'] === true,
      refuseOpen: options['refuse-open'] === true,
    });
    if (configuration === undefined) {
      err(warningText(warnings.map(findingProblem)));
      err(
        `The configuration cannot run; ${problems.length} to mend:\n${linesOf(problems.map(findingProblem))}`,
      );
      return EXIT_CONFIG;
    }
    // 2
    const planned = await planOf(given, terminal);
    if (planned instanceof ConfigError) {
      err(warningText(warnings.map(findingProblem)));
      err(bootFailure(planned).text);
      return EXIT_CONFIG;
    }
    err(warningText(planned));
    out(`${summaryOf(configuration)}\n`);
    return 0;
  },
};

/** The warnings of a start, or why there would be none. */
async function planOf(given: Arguments, terminal: Terminal): Promise<readonly ConfigProblem[] | ConfigError> {
  const { module, environment } = await chooseApplication(given.positionals, given, terminal);
  try {
    return await readPlan(module, { ...terminal, environment }, (lifecycle) => lifecycle.declaredWarnings);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function warningText(warnings: readonly ConfigProblem[]): string {
  return warnings.length === 0 ? '' : `${counted(warnings.length, 'warning')}:\n${linesOf(warnings)}`;
}

function linesOf(problems: readonly ConfigProblem[]): string {
  return problems.map(({ where, message }) => `  ${where}: ${message}\n`).join('');
}

/** `2 services, 3 routes, 1 consumer`; what there is none of is left out, except for services and routes. */
function summaryOf(configuration: KongConfiguration): string {
  const { services, routes, upstreams, consumers, plugins } = configuration;
  const more = [
    [upstreams.length, 'upstream'],
    [consumers.length, 'consumer'],
    [plugins.length, 'plugin'],
  ] as const;
  return [
    counted(services.length, 'service'),
    counted(routes.length, 'route'),
    ...more.filter(([count]) => count > 0).map(([count, what]) => counted(count, what)),
  ].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
