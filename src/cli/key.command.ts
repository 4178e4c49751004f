import { canBeApiKey, digestOfApiKey, newApiKey } from '../contracts/api-key-text.js';
import { consumerProblems } from '../framework/consumer-settings.js';
import { type Arguments, type Command, UsageError } from './command.js';
import { durationSeconds } from './duration.js';
import { KEY_FORMS, type KeyForm, keyText, type NewKey } from './key.text.js';

const ID_SIGNS = 8;

/** `portcullis key`: makes API keys, and digests of keys that there are. */
export const keyCommand: Command = {
  name: 'key',
  synopsis:
    'create --consumer ID [--id ID] [--scope SCOPE …] [--expires 90d] [--plan PLAN] [--for file|env|redis] | digest',
  summary: 'makes an API key with what the gateway must hold of it, or the digest of a key on standard input',
  details: [
    'create          prints the key, which is kept nowhere, and what goes into the configuration',
    'digest          reads a key from standard input and prints its digest',
    '--consumer ID   whom the key is for',
    "--id ID         what logs call the key; default the consumer's and the first signs of the digest",
    '--scope SCOPE   may be repeated',
    '--expires TIME  30s, 15m, 1h, 90d; default never',
    '--plan PLAN     the plan of the consumer',
    '--for FORM      file for CONSUMERS_FILE, env for API_KEYS, redis; default file',
  ],
  options: {
    consumer: { type: 'string' },
    id: { type: 'string' },
    scope: { type: 'string', multiple: true },
    expires: { type: 'string' },
    plan: { type: 'string' },
    for: { type: 'string' },
  },
  async run({ positionals: [verb, ...more], options }, { input, out, err }) {
    if (more.length > 0 || (verb !== 'create' && verb !== 'digest')) {
      throw new UsageError('key needs one word behind it: create or digest.');
    }
    if (verb === 'digest') {
      out(`${digestOfGiven(await input())}\n`);
      return 0;
    }
    const form = formOf(options);
    const key = newApiKey();
    const { text, note } = keyText(newKey(key, options), form);
    out(`${key}\n\n${text}\n`);
    err(`\nThe first line is the key: it is kept nowhere, hand it over now. ${note}\n`);
    return 0;
  },
};

function digestOfGiven(given: string): string {
  const key = given.replace(/\r?\n$/, '');
  if (!canBeApiKey(key)) {
    throw new UsageError('key digest reads a key from standard input: 1–256 visible ASCII characters.');
  }
  return `sha256:${digestOfApiKey(key)}`;
}

function formOf(options: Arguments['options']): KeyForm {
  const form = (options['for'] ?? 'file') as KeyForm;
  if (!KEY_FORMS.includes(form)) {
    throw new UsageError(`--for is ${JSON.stringify(form)}; must be one of ${KEY_FORMS.join(', ')}.`);
  }
  const without =
    form === 'env' ? ['id', 'expires', 'plan'].filter((name) => options[name] !== undefined) : [];
  if (without.length > 0) {
    throw new UsageError(`API_KEYS has no place for --${without.join(', --')}; take --for file.`);
  }
  return form;
}

/** @throws UsageError when the gateway would not take what was given */
function newKey(key: string, options: Arguments['options']): NewKey {
  const { consumer, plan, expires, scope } = options as Readonly<Record<string, string | undefined>>;
  if (consumer === undefined) throw new UsageError('key create needs --consumer: whom the key is for.');
  const digest = digestOfApiKey(key);
  const lifetime = expires === undefined ? undefined : durationSeconds('--expires', expires);
  const made: NewKey = {
    consumer: { id: consumer, ...(plan === undefined ? {} : { plan }) },
    key: {
      id: (options['id'] as string | undefined) ?? `${consumer}-${digest.slice(0, ID_SIGNS)}`,
      digest: `sha256:${digest}`,
      ...(scope === undefined ? {} : { scopes: scope as unknown as readonly string[] }),
      ...(lifetime === undefined ? {} : { expiresAt: inSeconds(lifetime) }),
    },
  };
  const [problem] = consumerProblems([{ ...made.consumer, apiKeys: [made.key] }]);
  if (problem !== undefined) throw new UsageError(optionInPlaceOf(problem.message));
  return made;
}

/** To the second: nobody means the rest. */
function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
}

const OPTIONS: readonly (readonly [path: string, option: string])[] = [
  ['consumers[0].apiKeys[0].scopes', '--scope'],
  ['consumers[0].apiKeys[0].id', '--id'],
  ['consumers[0].id', '--consumer'],
  ['consumers[0].plan', '--plan'],
];

function optionInPlaceOf(message: string): string {
  const found = OPTIONS.find(([path]) => message.startsWith(path));
  return found === undefined ? message : found[1] + message.slice(found[0].length);
}
