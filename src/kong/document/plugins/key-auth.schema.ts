import { withDefault } from '../fields/field.js';
import { headerName } from '../fields/name.kinds.js';
import { FAULT } from '../fields/reading.js';
import { listOf, yesNo } from '../fields/value.kinds.js';
import {
  ANONYMOUS,
  HIDE_CREDENTIALS,
  IDENTITY_REALMS,
  REALM,
  RUN_ON_PREFLIGHT,
} from './authentication.fields.js';
import { pluginSchema } from './plugin-schema.js';

export const keyAuthSchema = pluginSchema(
  'key-auth',
  { consumerScope: false },
  {
    key_names: withDefault(listOf(headerName, 1), ['apikey']),
    key_in_header: withDefault(yesNo, true),
    key_in_query: withDefault(yesNo, true),
    key_in_body: withDefault(yesNo, false),
    hide_credentials: HIDE_CREDENTIALS,
    anonymous: ANONYMOUS,
    run_on_preflight: RUN_ON_PREFLIGHT,
    realm: REALM,
    identity_realms: IDENTITY_REALMS,
  },
  (config, node, reading) => {
    if (!config.key_in_header && !config.key_in_query && !config.key_in_body) {
      reading.fail(
        node,
        'has no place to find a key; one of key_in_header, key_in_query, key_in_body must be true.',
      );
      return FAULT;
    }
    return {
      keyNames: config.key_names,
      keyInHeader: config.key_in_header,
      keyInQuery: config.key_in_query,
      keyInBody: config.key_in_body,
      hideCredentials: config.hide_credentials,
      anonymous: config.anonymous,
      runOnPreflight: config.run_on_preflight,
      realm: config.realm,
    };
  },
);
