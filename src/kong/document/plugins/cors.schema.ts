import { optional, withDefault } from '../fields/field.js';
import { headerName } from '../fields/name.kinds.js';
import { oneOf, text } from '../fields/text.kinds.js';
import { listOf, whole, yesNo } from '../fields/value.kinds.js';
import { pluginSchema } from './plugin-schema.js';

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'] as const;
const anyHeader = text('the name of a header, or *', (name) =>
  name === '*' || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ? undefined : 'the name of a header, or *',
);

export const corsSchema = pluginSchema(
  'cors',
  { consumerScope: false },
  {
    // Their regexes are checked where they are compiled.
    origins: optional(listOf(text('an origin, a regex, or *'))),
    methods: withDefault(listOf(oneOf(...METHODS)), METHODS),
    headers: optional(listOf(anyHeader)),
    exposed_headers: optional(listOf(headerName)),
    max_age: optional(whole(0, 2 ** 31)),
    credentials: withDefault(yesNo, false),
    private_network: withDefault(yesNo, false),
    preflight_continue: withDefault(yesNo, false),
    allow_origin_absent: withDefault(yesNo, true),
  },
  (config) => ({
    // An empty list is every origin to Kong, as if it were left out.
    origins: config.origins?.length === 0 ? undefined : config.origins,
    methods: config.methods,
    headers: config.headers?.length === 0 ? undefined : config.headers,
    exposedHeaders: config.exposed_headers?.length === 0 ? undefined : config.exposed_headers,
    maxAge: config.max_age,
    credentials: config.credentials,
    privateNetwork: config.private_network,
    preflightContinue: config.preflight_continue,
    allowOriginAbsent: config.allow_origin_absent,
  }),
);
