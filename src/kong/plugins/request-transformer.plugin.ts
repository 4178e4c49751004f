import type { FieldEdits } from '../../contracts/field-edits.js';
import { show } from '../../contracts/option-check.js';
import { fillPlaces, PLACES_IN_WORDS, parseTemplate, unknownPlaces } from '../../contracts/value-template.js';
import { TRANSFORM_REQUEST } from '../../policies/transform-request/transform-request.decorator.js';
import type { TransformRequestOptions } from '../../policies/transform-request/transform-request.options.js';
import type { KongFieldGroups, KongNamedValue, KongRequestTransformerConfig } from '../kong-plugins.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { allOfEach, firstOfEach, lastOfEach, pairsOf, saysSomething } from './named-values.js';

type Group = keyof KongFieldGroups<unknown>;
const GROUPS: readonly Group[] = ['headers', 'querystring', 'body'];
const WRITING = ['replace', 'add', 'append'] as const;

/** Kong's request-transformer: the gateway's transform-request, with a body that cannot be read passing as it is. */
export const REQUEST_TRANSFORMER_PLUGIN: KongPluginMapping<'request-transformer'> = {
  name: 'request-transformer',
  priority: 801,
  stage: 'shape',

  check({ instance }) {
    const { config } = instance;
    const problems = WRITING.flatMap((verb) =>
      GROUPS.flatMap((group) =>
        config[verb][group].flatMap(({ name, value }, index) =>
          problemsOf(`config.${verb}.${group}[${index}]`, `${name}:${value}`, value),
        ),
      ),
    );
    const { uri } = config.replace;
    return uri === undefined ? problems : [...problems, ...problemsOf('config.replace.uri', uri, uri)];
  },

  compile({ instance, facts, policies, strict }) {
    const options = requestOptions(instance.config, strict);
    // Kong takes a transformer that changes nothing.
    return Object.keys(options).length === 0 ? {} : policies.compile(TRANSFORM_REQUEST, options, facts);
  },
};

function problemsOf(where: string, given: string, value: string): string[] {
  return unknownPlaces(value, 'all').map(
    (place) =>
      `${where} is ${show(given)}: ${show(place)} is Lua, which does not run here; ${PLACES_IN_WORDS.all}.`,
  );
}

/** A transformer's configuration in the words of transform-request; without an option when it changes nothing. */
export function requestOptions(
  given: KongRequestTransformerConfig,
  strict: boolean,
): TransformRequestOptions {
  const config = strict ? withoutUuids(given) : given;
  const headers = headerEdits(config);
  const query = textEdits(config, 'querystring');
  const body = textEdits(config, 'body');
  const method = config.httpMethod?.toUpperCase();
  const readsForms = method === 'GET' || method === 'HEAD';
  return {
    ...(headers === undefined ? undefined : { headers }),
    ...(query === undefined ? undefined : { query }),
    ...(body === undefined && !readsForms ? undefined : { body: { ...body, unreadable: 'pass' as const } }),
    ...(method === undefined ? undefined : { method }),
    ...(config.replace.uri === undefined ? undefined : { path: config.replace.uri }),
  };
}

const isHost = (name: string): boolean => name.toLowerCase() === 'host';

/** The client's Host is not among the headers that Kong edits; the upstream's can be replaced, and renamed to. */
function headerEdits({ remove, rename, replace, add, append }: KongRequestTransformerConfig) {
  const written = (items: readonly KongNamedValue[]) => pairsOf(items.filter(saysSomething));
  const notHost = (items: readonly KongNamedValue[]) => written(items.filter(({ name }) => !isHost(name)));
  return editsOf({
    remove: remove.headers.filter((name) => !isHost(name)),
    rename: firstOfEach(notHost(rename.headers)),
    replace: lastOfEach(written(replace.headers)),
    add: firstOfEach(notHost(add.headers)),
    append: allOfEach(notHost(append.headers)),
  });
}

/** In a query and a body, Kong replaces a value by nothing when it is told nothing: the field goes. */
function textEdits(config: KongRequestTransformerConfig, group: 'querystring' | 'body') {
  const written = (verb: 'rename' | 'replace' | 'add' | 'append') =>
    pairsOf(config[verb][group].filter(saysSomething));
  const emptied = config.replace[group].filter((item) => !saysSomething(item)).map(({ name }) => name);
  return editsOf({
    remove: [...config.remove[group], ...emptied],
    rename: firstOfEach(written('rename')),
    replace: lastOfEach(written('replace')),
    add: firstOfEach(written('add')),
    append: allOfEach(written('append')),
  });
}

/** `undefined` when nothing is edited. */
function editsOf(edits: FieldEdits): FieldEdits | undefined {
  const stated = Object.entries(edits).filter(([, what]) => Object.keys(what as object).length > 0);
  return stated.length === 0 ? undefined : Object.fromEntries(stated);
}

/** Kong knows no `uuid`: a value that is nothing else writes nothing, and in a longer one it is empty. */
function withoutUuids(config: KongRequestTransformerConfig): KongRequestTransformerConfig {
  const groups = (given: KongFieldGroups<KongNamedValue>): KongFieldGroups<KongNamedValue> => ({
    headers: given.headers.flatMap(withoutUuid),
    querystring: given.querystring.flatMap(withoutUuid),
    body: given.body.flatMap(withoutUuid),
  });
  const { uri } = config.replace;
  return {
    ...config,
    replace: { ...groups(config.replace), uri: uri === undefined ? undefined : emptied(uri) },
    add: groups(config.add),
    append: groups(config.append),
  };
}

function withoutUuid(item: KongNamedValue): KongNamedValue[] {
  const value = emptied(item.value);
  return value === undefined ? [] : [{ name: item.name, value }];
}

function emptied(value: string): string | undefined {
  const template = parseTemplate(value);
  if (template === undefined || template.places.every(({ kind }) => kind !== 'uuid')) return value;
  if (template.places.length === 1) return fillPlaces(template, () => undefined);
  return value.replace(/\$\(\s*uuid\s*\)/g, '');
}
