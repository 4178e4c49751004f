import { optional, withDefault } from '../fields/field.js';
import { cookieName, headerName } from '../fields/name.kinds.js';
import { FAULT } from '../fields/reading.js';
import { oneOf, text } from '../fields/text.kinds.js';
import { setOf, whole, yesNo } from '../fields/value.kinds.js';
import { ANONYMOUS, REALM, RUN_ON_PREFLIGHT } from './authentication.fields.js';
import { pluginSchema } from './plugin-schema.js';

export const jwtSchema = pluginSchema(
  'jwt',
  { consumerScope: false },
  {
    uri_param_names: withDefault(setOf(text()), ['jwt']),
    cookie_names: withDefault(setOf(cookieName), []),
    header_names: withDefault(setOf(headerName), ['authorization']),
    key_claim_name: withDefault(text(), 'iss'),
    secret_is_base64: withDefault(yesNo, false),
    claims_to_verify: optional(setOf(oneOf('exp', 'nbf'))),
    maximum_expiration: withDefault(whole(0, 31_536_000), 0),
    anonymous: ANONYMOUS,
    run_on_preflight: RUN_ON_PREFLIGHT,
    realm: REALM,
  },
  (config, node, reading) => {
    const claims = config.claims_to_verify ?? [];
    if (config.maximum_expiration > 0 && !claims.includes('exp')) {
      return reading
        .member('maximum_expiration')
        .fail(node, 'needs exp in claims_to_verify: it limits how far ahead exp may be.');
    }
    const places = [config.uri_param_names, config.cookie_names, config.header_names];
    if (places.every((names) => names.length === 0)) {
      reading.fail(node, 'has no place to find a token; name a header in header_names.');
      return FAULT;
    }
    if (!claims.includes('exp')) {
      reading
        .member('claims_to_verify')
        .warn(
          node,
          'does not hold exp, so tokens that have expired are taken, as in Kong; write claims_to_verify: [exp].',
        );
    }
    return {
      uriParamNames: config.uri_param_names,
      cookieNames: config.cookie_names,
      headerNames: config.header_names.map((name) => name.toLowerCase()),
      keyClaimName: config.key_claim_name,
      secretIsBase64: config.secret_is_base64,
      claimsToVerify: claims,
      maximumExpiration: config.maximum_expiration,
      anonymous: config.anonymous,
      runOnPreflight: config.run_on_preflight,
      realm: config.realm,
    };
  },
);
