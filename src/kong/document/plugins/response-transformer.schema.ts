import type { KongNamedValue, KongTypedValue } from '../../kong-plugins.js';
import { withDefault } from '../fields/field.js';
import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { record } from '../fields/record.kind.js';
import { oneOf } from '../fields/text.kinds.js';
import { listOf } from '../fields/value.kinds.js';
import { fieldName, namedValue, renaming } from './named-value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

interface TypedGroups {
  readonly headers: readonly KongNamedValue[];
  readonly json: readonly KongTypedValue[];
}

const names = <T>(kindOf: (inHeaders: boolean) => Kind<T>) =>
  record({
    headers: withDefault(listOf(kindOf(true)), []),
    json: withDefault(listOf(kindOf(false)), []),
  });

const written = record({
  headers: withDefault(listOf(namedValue(true)), []),
  json: withDefault(listOf(namedValue(false)), []),
  json_types: withDefault(listOf(oneOf('boolean', 'number', 'string')), []),
});

/** Each member of `json` gets the type at its place in `json_types`. */
const typed: Kind<TypedGroups> = {
  allowed: written.allowed,
  read(node, reading) {
    const read = written.read(node, reading);
    if (read === FAULT) return FAULT;
    const { headers, json, json_types: types } = read;
    if (types.length > json.length) {
      const at = reading.member('json_types');
      return at.fail(
        node,
        `has ${types.length} entries for ${json.length} in json; must have one for each at most.`,
      );
    }
    return { headers, json: json.map((value, index) => ({ ...value, type: types[index] })) };
  },
};

const NO_NAMES = Object.freeze({ headers: [], json: [] });

export const responseTransformerSchema = pluginSchema(
  'response-transformer',
  {},
  {
    remove: withDefault(names(fieldName), NO_NAMES),
    rename: withDefault(names(renaming), NO_NAMES),
    replace: withDefault(typed, NO_NAMES),
    add: withDefault(typed, NO_NAMES),
    append: withDefault(typed, NO_NAMES),
  },
  (config) => config,
);
