import { SETTINGS } from '../config/settings.table.js';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { atOnce } from '../contracts/steps.js';
import { EXIT_CONFIG } from '../framework/boot-failure.js';
import { type PlanFindings, planFindings } from '../framework/kong/plan-problems.js';
import { remainderProblems } from '../framework/kong/remainder-problems.js';
import { findingProblem } from '../kong/document/document-report.js';
import { readKongFiles } from '../kong/document/read-kong-files.js';
import type { KongConfiguration } from '../kong/kong-configuration.js';
import { type Command, UsageError } from './command.js';
import { FILE_DETAILS, FILE_OPTIONS, refuseEmptyNames } from './declarative-files.js';

/** `portcullis check FILE …`: whether files of Kong's declarative format would run, and what to know about them. */
export const checkCommand: Command = {
  name: 'check',
  synopsis: 'FILE … [--strict-kong] [--refuse-open]',
  summary:
    "reads files of Kong's declarative format and prints every problem and warning; exits 78 on a problem",
  details: [
    'FILE            YAML or JSON, or a folder of them; several are read as one configuration',
    ...FILE_DETAILS,
  ],
  options: FILE_OPTIONS,
  async run({ positionals, options }, { environment, folder, out, err }) {
    if (positionals.length === 0) throw new UsageError('check needs a file: portcullis check kong.yml');
    refuseEmptyNames(positionals);
    const strict = options['strict-kong'] === true;
    const read = await readKongFiles(positionals, {
      environment,
      folder,
      strict,
      refuseOpen: options['refuse-open'] === true,
    });
    const { configuration } = read;
    const planned: PlanFindings =
      configuration === undefined
        ? { problems: atOnce(remainderProblems(read.remainder, strict)), warnings: [] }
        : planFindings(configuration, { strict, reserved: healthPaths(environment) });
    const warnings = [...read.warnings.map(findingProblem), ...planned.warnings];
    const problems = [...read.problems.map(findingProblem), ...planned.problems];
    if (warnings.length > 0) err(`${counted(warnings.length, 'warning')}:\n${linesOf(warnings)}`);
    if (configuration === undefined || problems.length > 0) {
      err(`The configuration cannot run; ${problems.length} to mend:\n${linesOf(problems)}`);
      return EXIT_CONFIG;
    }
    out(`${summaryOf(configuration)}\n`);
    return 0;
  },
};

/** Those that answer on the traffic port of a gateway that is started here. */
function healthPaths(environment: Environment): readonly string[] {
  const path = environment['HEALTH_PATH'] || (SETTINGS.HEALTH_PATH.default as string);
  return [path, `${path}/ready`, `${path}/live`];
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
