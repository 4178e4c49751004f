import type { KongPluginName } from '../../kong-plugins.js';
import { aclSchema } from './acl.schema.js';
import { basicAuthSchema } from './basic-auth.schema.js';
import { correlationIdSchema } from './correlation-id.schema.js';
import { corsSchema } from './cors.schema.js';
import { fileLogSchema } from './file-log.schema.js';
import { httpLogSchema } from './http-log.schema.js';
import { ipRestrictionSchema } from './ip-restriction.schema.js';
import { jwtSchema } from './jwt.schema.js';
import { keyAuthSchema } from './key-auth.schema.js';
import type { PluginSchema } from './plugin-schema.js';
import { prometheusSchema } from './prometheus.schema.js';
import { rateLimitingSchema } from './rate-limiting.schema.js';
import { requestSizeLimitingSchema } from './request-size-limiting.schema.js';
import { requestTerminationSchema } from './request-termination.schema.js';
import { requestTransformerSchema } from './request-transformer.schema.js';
import { responseTransformerSchema } from './response-transformer.schema.js';

/** Every plugin that is understood. */
export const PLUGIN_SCHEMAS: { readonly [Name in KongPluginName]: PluginSchema<Name> } = {
  jwt: jwtSchema,
  'key-auth': keyAuthSchema,
  'basic-auth': basicAuthSchema,
  acl: aclSchema,
  'rate-limiting': rateLimitingSchema,
  'request-transformer': requestTransformerSchema,
  'response-transformer': responseTransformerSchema,
  'correlation-id': correlationIdSchema,
  cors: corsSchema,
  'ip-restriction': ipRestrictionSchema,
  'request-size-limiting': requestSizeLimitingSchema,
  'request-termination': requestTerminationSchema,
  'file-log': fileLogSchema,
  'http-log': httpLogSchema,
  prometheus: prometheusSchema,
};
