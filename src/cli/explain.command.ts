import { type AskedRequest, explainRequest, type RequestExplanation } from '../admin/request.explanation.js';
import { canonicalPath } from '../contracts/canonical-path.js';
import { MODULE_DETAIL, MODULE_OPTION } from './app-module.js';
import { type Arguments, type Command, UsageError } from './command.js';
import { chooseApplication, FILE_DETAILS, FILE_OPTIONS } from './declarative-files.js';
import { explanationJson, explanationText } from './explanation.text.js';
import { readPlan } from './planned-gateway.js';

/** Nothing would take the request. */
const EXIT_NO_ROUTE = 1;

/** `portcullis explain METHOD PATH`: what happens to one request, without sending it. */
export const explainCommand: Command = {
  name: 'explain',
  synopsis:
    'METHOD PATH [FILE …] [--host HOST] [--header NAME:VALUE …] [--json] [--strict-kong] [--refuse-open] [--module FILE]',
  summary: 'says which route takes a request and what runs on it; exits 1 when none does',
  details: [
    'FILE …          Kong files, or directories of them, in place of the application',
    '--host HOST     the Host of the request; https://HOST for one that came by TLS',
    '--header N:V    a header of the request; may be repeated',
    '--json          for programs',
    ...FILE_DETAILS,
    MODULE_DETAIL,
  ],
  options: {
    host: { type: 'string' },
    header: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    ...FILE_OPTIONS,
    ...MODULE_OPTION,
  },
  async run(given, terminal) {
    const [verb, target, ...files] = given.positionals;
    if (verb === undefined || target === undefined || !target.startsWith('/')) {
      throw new UsageError('explain needs a method and a path: portcullis explain GET /api/users/7');
    }
    const method = verb.toUpperCase();
    const path = canonicalPath(target.split('?', 1)[0] as string);
    if (path === undefined) {
      terminal.out(`${method} ${target}: 400, the path can be read in more than one way.\n`);
      return EXIT_NO_ROUTE;
    }
    const { module, environment } = await chooseApplication(files, given, terminal);
    const asked = { method, path, ...askedBy(given) };
    const explanation = await readPlan(module, { ...terminal, environment }, ({ edge }) =>
      explainRequest(edge.plan, new Set(edge.options.reserved.keys()), asked),
    );
    const write = given.options['json'] === true ? explanationJson : explanationText;
    terminal.out(write(`${method} ${path}`, explanation));
    return isTaken(explanation) ? 0 : EXIT_NO_ROUTE;
  },
};

const HEADER = /^([^:\s]+):\s*(.*)$/;

/** What a request is said to hold beside its first line. */
function askedBy({ options }: Arguments): Pick<AskedRequest, 'headers' | 'secure'> {
  const [, scheme, host] =
    /^(?:(https?):\/\/)?(.*)$/.exec((options['host'] as string | undefined) ?? '') ?? [];
  const headers = host === undefined || host === '' ? [] : ['Host', host];
  for (const header of (options['header'] ?? []) as readonly string[]) {
    const [, name, value] = HEADER.exec(header) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`--header is ${JSON.stringify(header)}; must be NAME:VALUE.`);
    }
    headers.push(name, value);
  }
  return { headers, secure: scheme === 'https' };
}

function isTaken({ outcome }: RequestExplanation): boolean {
  return outcome !== 'method-not-allowed' && outcome !== 'not-found' && outcome !== 'refused';
}
