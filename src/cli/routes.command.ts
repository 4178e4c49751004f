import { routeViews } from '../admin/route.view.js';
import { accessTable } from '../framework/access-table.js';
import { bootTable } from '../framework/boot-table.js';
import { MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import type { Command } from './command.js';
import { chooseApplication, FILE_DETAILS, FILE_OPTIONS } from './declarative-files.js';
import { readPlan } from './planned-gateway.js';

/** `portcullis routes`: the route table, as the service would boot it. */
export const routesCommand: Command = {
  name: 'routes',
  synopsis: '[FILE …] [--auth] [--json] [--strict-kong] [--refuse-open] [--module FILE]',
  summary: 'prints the route table: policies in the order they run, compiled or interpreted and why',
  details: [
    'FILE …          Kong files, or directories of them, in place of the application',
    '--auth          who may call what, in place of the policies',
    '--json          as the admin port shows it at /routes',
    ...FILE_DETAILS,
    MODULE_DETAIL,
  ],
  options: { auth: { type: 'boolean' }, json: { type: 'boolean' }, ...FILE_OPTIONS, ...MODULE_OPTION },
  async run(given, terminal) {
    const { module, environment } = await chooseApplication(given.positionals, given, terminal);
    const tableOf = given.options['auth'] === true ? accessTable : bootTable;
    const routes = await readPlan(module, { ...terminal, environment }, (lifecycle) =>
      routeViews(lifecycle.plannedRoutes),
    );
    terminal.out(`${given.options['json'] === true ? JSON.stringify(routes, null, 2) : tableOf(routes)}\n`);
    return 0;
  },
};
