import type { KongFieldGroups } from '../../kong-plugins.js';
import { notHere, optional, withDefault } from '../fields/field.js';
import type { Kind } from '../fields/kind.js';
import { FAULT } from '../fields/reading.js';
import { record } from '../fields/record.kind.js';
import { text } from '../fields/text.kinds.js';
import { listOf } from '../fields/value.kinds.js';
import { fieldName, namedValue, renaming, type ValueRule } from './named-value.kinds.js';
import { pluginSchema } from './plugin-schema.js';
import { readTemplate } from './value-template.rule.js';

const METHODS = 'a method in capitals: POST';
const NOTHING: KongFieldGroups<never> = Object.freeze({ headers: [], querystring: [], body: [] });

/** Templates are looked up, never run. */
const template: ValueRule = (value, node, reading) => {
  const { lua, uuid } = readTemplate(value);
  if (lua.length > 0) {
    reading.fail(
      node,
      `holds ${luaShown(lua[0] ?? '')}, which needs Lua, and Lua is not run here; there are $(headers.x), $(query_params.x), $(uri_captures.x) or [1], and $(uuid).`,
    );
    return false;
  }
  if (!uuid) return true;
  if (reading.scope.strict) {
    reading.fail(
      node,
      'holds $(uuid), which names nothing in Kong; the plugin correlation-id makes ids there.',
    );
    return false;
  }
  reading.warn(node, 'holds $(uuid), which names nothing in Kong; here it is a new UUID for each request.');
  return true;
};

/** Code with a text in it could show a secret. */
function luaShown(code: string): string {
  return /["'[\]]/.test(code) || code.length > 60 ? 'a $(…)' : code;
}

const groups = <T>(kindOf: (inHeaders: boolean) => Kind<T>) => ({
  headers: withDefault(listOf(kindOf(true)), []),
  querystring: withDefault(listOf(kindOf(false)), []),
  body: withDefault(listOf(kindOf(false)), []),
});
const values = groups((inHeaders) => namedValue(inHeaders, template));

const uri: Kind<string> = {
  allowed: 'a path, with places like $(uri_captures.id) if any',
  read(node, reading) {
    const found = text().read(node, reading);
    if (found === FAULT) return FAULT;
    if (!found.startsWith('/') && !found.startsWith('$('))
      return reading.refuse(node, 'a path that begins with /');
    return template(found, node, reading) ? found : FAULT;
  },
};

export const requestTransformerSchema = pluginSchema(
  'request-transformer',
  {},
  {
    http_method: optional(text(METHODS, (method) => (/^[A-Z]+$/.test(method) ? undefined : METHODS))),
    remove: withDefault(record(groups(fieldName)), NOTHING),
    rename: withDefault(record(groups(renaming)), NOTHING),
    replace: withDefault(record({ ...values, uri: optional(uri) }), { ...NOTHING, uri: undefined }),
    add: withDefault(record(values), NOTHING),
    append: withDefault(record(values), NOTHING),
    allow: notHere(
      'belongs to request-transformer-advanced, which is part of Kong Enterprise; leave it out.',
    ),
    dots_in_keys: notHere(
      'belongs to request-transformer-advanced, which is part of Kong Enterprise; leave it out.',
    ),
  },
  (config) => ({
    httpMethod: config.http_method,
    remove: config.remove,
    rename: config.rename,
    replace: config.replace,
    add: config.add,
    append: config.append,
  }),
);
