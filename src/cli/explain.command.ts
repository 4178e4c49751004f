import { explainRequest, type RequestExplanation } from '../admin/request.explanation.js';
import { canonicalPath } from '../contracts/canonical-path.js';
import { loadAppModule, MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import { type Command, UsageError } from './command.js';
import { explanationJson, explanationText } from './explanation.text.js';
import { readPlan } from './planned-gateway.js';

/** Nothing would take the request. */
const EXIT_NO_ROUTE = 1;

/** `portcullis explain METHOD PATH`: what happens to one request, without sending it. */
export const explainCommand: Command = {
  name: 'explain',
  synopsis: 'METHOD PATH [--json] [--module FILE]',
  summary: 'says which route takes a request and what runs on it; exits 1 when none does',
  details: ['--json          for programs', MODULE_DETAIL],
  options: { json: { type: 'boolean' }, ...MODULE_OPTION },
  async run(given, terminal) {
    const [verb, target, ...more] = given.positionals;
    if (verb === undefined || target === undefined || more.length > 0 || !target.startsWith('/')) {
      throw new UsageError('explain needs a method and a path: portcullis explain GET /api/users/7');
    }
    const method = verb.toUpperCase();
    const path = canonicalPath(target.split('?', 1)[0] as string);
    if (path === undefined) {
      terminal.out(`${method} ${target}: 400, the path can be read in more than one way.\n`);
      return EXIT_NO_ROUTE;
    }
    const module = await loadAppModule(given, terminal);
    const explanation = await readPlan(module, terminal, ({ edge }) =>
      explainRequest(edge.plan, new Set(edge.options.reserved.keys()), method, path),
    );
    const write = given.options['json'] === true ? explanationJson : explanationText;
    terminal.out(write(`${method} ${path}`, explanation));
    return isTaken(explanation) ? 0 : EXIT_NO_ROUTE;
  },
};

function isTaken({ outcome }: RequestExplanation): boolean {
  return outcome !== 'method-not-allowed' && outcome !== 'not-found';
}
