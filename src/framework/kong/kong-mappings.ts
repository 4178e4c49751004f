import { type PluginMappings, pluginMappings } from '../../kong/plan/plugin-mappings.js';
import { ACL_PLUGIN } from '../../kong/plugins/acl.plugin.js';
import { BASIC_AUTH_PLUGIN } from '../../kong/plugins/basic-auth.plugin.js';
import { CORRELATION_ID_PLUGIN } from '../../kong/plugins/correlation-id.plugin.js';
import { CORS_PLUGIN } from '../../kong/plugins/cors.plugin.js';
import { FILE_LOG_PLUGIN } from '../../kong/plugins/file-log.plugin.js';
import { HTTP_LOG_PLUGIN } from '../../kong/plugins/http-log.plugin.js';
import { IP_RESTRICTION_PLUGIN } from '../../kong/plugins/ip-restriction.plugin.js';
import { JWT_PLUGIN } from '../../kong/plugins/jwt.plugin.js';
import { KEY_AUTH_PLUGIN } from '../../kong/plugins/key-auth.plugin.js';
import { PROMETHEUS_PLUGIN } from '../../kong/plugins/prometheus.plugin.js';
import { RATE_LIMITING_PLUGIN } from '../../kong/plugins/rate-limiting.plugin.js';
import { REQUEST_SIZE_LIMITING_PLUGIN } from '../../kong/plugins/request-size-limiting.plugin.js';
import { REQUEST_TERMINATION_PLUGIN } from '../../kong/plugins/request-termination.plugin.js';
import { REQUEST_TRANSFORMER_PLUGIN } from '../../kong/plugins/request-transformer.plugin.js';
import { RESPONSE_TRANSFORMER_PLUGIN } from '../../kong/plugins/response-transformer.plugin.js';

/** Every plugin of Kong that is carried out. A new one is a file and a line here. */
export const KONG_MAPPINGS: PluginMappings = pluginMappings([
  ACL_PLUGIN,
  BASIC_AUTH_PLUGIN,
  CORRELATION_ID_PLUGIN,
  CORS_PLUGIN,
  FILE_LOG_PLUGIN,
  HTTP_LOG_PLUGIN,
  IP_RESTRICTION_PLUGIN,
  JWT_PLUGIN,
  KEY_AUTH_PLUGIN,
  PROMETHEUS_PLUGIN,
  RATE_LIMITING_PLUGIN,
  REQUEST_SIZE_LIMITING_PLUGIN,
  REQUEST_TERMINATION_PLUGIN,
  REQUEST_TRANSFORMER_PLUGIN,
  RESPONSE_TRANSFORMER_PLUGIN,
]);
