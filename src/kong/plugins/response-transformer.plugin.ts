import type { FieldEdits } from '../../contracts/field-edits.js';
import { show } from '../../contracts/option-check.js';
import { parseTemplate, unknownPlaces } from '../../contracts/value-template.js';
import type { JsonEdits, JsonValue } from '../../policies/transform-response/json-edits.options.js';
import { TRANSFORM_RESPONSE } from '../../policies/transform-response/transform-response.decorator.js';
import type { TransformResponseOptions } from '../../policies/transform-response/transform-response.options.js';
import type { KongResponseTransformerConfig, KongTypedValue } from '../kong-plugins.js';
import type { KongPluginMapping } from './kong-plugin.js';
import { allOfEach, firstOfEach, lastOfEach, pairsOf, saysSomething } from './named-values.js';

const WRITING = ['replace', 'add', 'append'] as const;

/** Kong's response-transformer: the gateway's transform-response. */
export const RESPONSE_TRANSFORMER_PLUGIN: KongPluginMapping<'response-transformer'> = {
  name: 'response-transformer',
  priority: 800,
  stage: 'filter',

  check({ instance: { config }, strict }) {
    return WRITING.flatMap((verb) => [
      ...config[verb].headers.flatMap(({ name, value }, index) =>
        isLiteral(value, strict)
          ? []
          : [
              `config.${verb}.headers[${index}] is ${show(`${name}:${value}`)}: Kong sends that text as it is, which cannot be said here; leave "$(" out.`,
            ],
      ),
      ...config[verb].json.flatMap((item, index) =>
        typed(item) === undefined
          ? [
              `config.${verb}.json[${index}] is ${show(`${item.name}:${item.value}`)}; json_types says number, so it must be one.`,
            ]
          : [],
      ),
    ]);
  },

  compile({ instance, facts, policies }) {
    const options = responseOptions(instance.config);
    // Kong takes a transformer that changes nothing.
    return Object.keys(options).length === 0 ? {} : policies.compile(TRANSFORM_RESPONSE, options, facts);
  },
};

/** `$(uuid)` is filled in as in requests, unless Kong is to be followed to the letter. */
function isLiteral(value: string, strict: boolean): boolean {
  return unknownPlaces(value, 'uuid').length === 0 && !(strict && parseTemplate(value) !== undefined);
}

/** A transformer's configuration in the words of transform-response; without an option when it changes nothing. */
export function responseOptions(config: KongResponseTransformerConfig): TransformResponseOptions {
  const headers = headerEdits(config);
  const json = jsonEdits(config);
  return {
    ...(headers === undefined ? undefined : { headers }),
    ...(json === undefined ? undefined : { json }),
  };
}

function headerEdits({ remove, rename, replace, add, append }: KongResponseTransformerConfig) {
  return stated<FieldEdits>({
    remove: remove.headers,
    rename: firstOfEach(pairsOf(rename.headers.filter(saysSomething))),
    replace: lastOfEach(pairsOf(replace.headers.filter(saysSomething))),
    add: firstOfEach(pairsOf(add.headers.filter(saysSomething))),
    append: allOfEach(pairsOf(append.headers.filter(saysSomething))),
  });
}

function jsonEdits({ remove, rename, replace, add, append }: KongResponseTransformerConfig) {
  return stated<JsonEdits>({
    remove: remove.json,
    rename: firstOfEach(pairsOf(rename.json.filter(saysSomething))),
    replace: lastOfEach(typedPairs(replace.json)),
    add: firstOfEach(typedPairs(add.json)),
    append: allOfEach(typedPairs(append.json)),
  });
}

function stated<Edits extends object>(edits: Edits): Edits | undefined {
  const given = Object.entries(edits).filter(([, what]) => Object.keys(what as object).length > 0);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Edits);
}

function typedPairs(items: readonly KongTypedValue[]): (readonly [string, JsonValue])[] {
  return items.flatMap((item) => {
    const value = typed(item);
    return value === undefined ? [] : [[item.name, value] as const];
  });
}

/** A value as its type says; `undefined` for a number that is none. Whatever is not `true` is false, as in Kong. */
function typed({ value, type }: KongTypedValue): JsonValue | undefined {
  if (type === 'boolean') return value === 'true';
  if (type !== 'number') return value;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
