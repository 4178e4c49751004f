import {
  type LogRequestsOptions,
  REDACTION_DEFAULTS,
  type RecordRedaction,
} from '../../policies/log-requests/log-requests.options.js';
import { requestIdOf } from '../answers/kong-terms.js';
import type { KongRoute, KongService } from '../kong-configuration.js';
import type { KongPluginName } from '../kong-plugins.js';
import type { CredentialPlaces, PluginPlace } from './kong-plugin.js';

/** What the records of Kong's log plugins say of route and service, and what is struck out of them. */
export function kongRecord({
  route,
  service,
  credentials,
  strict,
}: Pick<PluginPlace<KongPluginName>, 'route' | 'service' | 'credentials' | 'strict'>): Pick<
  LogRequestsOptions,
  'route' | 'service' | 'redact' | 'requestId'
> {
  return {
    route: route === undefined ? 'none' : routeRecord(route),
    ...(service === undefined ? {} : { service: serviceRecord(service) }),
    redact: redactionOf(credentials, strict),
    requestId: requestIdOf,
  };
}

/** Kong strikes out `Authorization` alone; what holds keys and sessions here is struck out as well, unless it must not. */
function redactionOf(credentials: CredentialPlaces | undefined, strict: boolean): RecordRedaction {
  const { headers = [], query = [], cookies = [] } = credentials ?? {};
  if (strict) return { headers, query, cookies };
  return {
    headers: [...REDACTION_DEFAULTS.headers, ...headers],
    query: [...REDACTION_DEFAULTS.query, ...query],
  };
}

/** As Kong writes the entity: an empty matcher is absent. */
function routeRecord(route: KongRoute): object {
  return {
    id: route.id,
    name: route.name,
    protocols: route.protocols,
    methods: filled(route.methods),
    hosts: filled(route.hosts),
    paths: filled(route.paths),
    headers: Object.keys(route.headers).length === 0 ? undefined : route.headers,
    snis: filled(route.snis),
    sources: filled(route.sources),
    destinations: filled(route.destinations),
    strip_path: route.stripPath,
    preserve_host: route.preserveHost,
    regex_priority: route.regexPriority,
    path_handling: 'v0',
    https_redirect_status_code: route.httpsRedirectStatusCode,
    request_buffering: route.requestBuffering,
    response_buffering: route.responseBuffering,
    tags: filled(route.tags),
    service: route.service && { id: route.service.id },
  };
}

function serviceRecord(service: KongService): object {
  return {
    id: service.id,
    name: service.name,
    protocol: service.protocol,
    host: service.host,
    port: service.port,
    path: service.path,
    retries: service.retries,
    connect_timeout: service.connectTimeoutMs,
    write_timeout: service.writeTimeoutMs,
    read_timeout: service.readTimeoutMs,
    tls_verify: service.tlsVerify,
    enabled: service.enabled,
    tags: filled(service.tags),
  };
}

const filled = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
