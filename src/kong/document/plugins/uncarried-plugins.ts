const LUA = 'it runs Lua, which is not run here; write a policy or a handler in code';
const LATER = 'it comes with a later version';
const OBSERVED =
  'logs, metrics and traces of the gateway are its own: OTEL_EXPORTER_OTLP_ENDPOINT, /metrics, the access log';
const SENT_LOGS = 'there are http-log and file-log, and the access log on standard output';
const TRACES = 'traces of the gateway are its own: OTEL_EXPORTER_OTLP_ENDPOINT';
const TOKENS =
  'the gateway issues no tokens; verify those of an identity provider with jwt, or in code with jwt() or introspection()';
const HANDLER = 'a handler in code can do it';
const MODELS = 'plugins for language models are not carried out; a handler in code can call them';

const BUNDLED: Readonly<Record<string, string>> = {
  'pre-function': LUA,
  'post-function': LUA,
  'proxy-cache': `${LATER}; there is nothing in its place yet`,
  opentelemetry: TRACES,
  zipkin: TRACES,
  'bot-detection': `${LATER}; ip-restriction and rate-limiting are there`,
  'hmac-auth': `${LATER}; there are jwt, key-auth and basic-auth`,
  'ldap-auth': 'directories are not asked here; an identity provider in front of one gives tokens for jwt',
  oauth2: TOKENS,
  session: 'sessions in cookies are not kept here; jwt reads tokens from cookies (cookie_names)',
  acme: 'certificates are renewed outside; TLS_CERT_FILE is reloaded when it changes',
  redirect: `${LATER}; ${HANDLER}`,
  'response-ratelimiting': `${LATER}; there is rate-limiting`,
  'grpc-gateway': LATER,
  'grpc-web': LATER,
  'aws-lambda': `functions are not called here; ${HANDLER}`,
  'azure-functions': `functions are not called here; ${HANDLER}`,
  'tcp-log': SENT_LOGS,
  'udp-log': SENT_LOGS,
  loggly: SENT_LOGS,
  syslog: SENT_LOGS,
  statsd: OBSERVED,
  datadog: OBSERVED,
  'standard-webhooks': HANDLER,
  'ai-proxy': MODELS,
  'ai-prompt-decorator': MODELS,
  'ai-prompt-guard': MODELS,
  'ai-prompt-template': MODELS,
  'ai-request-transformer': MODELS,
  'ai-response-transformer': MODELS,
};

const ENTERPRISE: Readonly<Record<string, string>> = {
  'openid-connect': 'tokens are verified by jwt, or in code by jwt() with discovery (JWT_DISCOVERY)',
  'mtls-auth': 'client certificates are known in code: clientCertificate()',
  'header-cert-auth': 'client certificates are known in code: clientCertificate()',
  'key-auth-enc': 'there is key-auth',
  'ldap-auth-advanced': 'an identity provider in front of the directory gives tokens for jwt',
  'oauth2-introspection': 'in code there is introspection()',
  'vault-auth': 'there is key-auth, with keys from the environment',
  'jwt-signer': 'in code there is @ForwardIdentity with a token of the gateway',
  'rate-limiting-advanced': 'there is rate-limiting, or in code @RateLimit with a sliding window',
  'service-protection': 'in code there are @RateLimit and @ConcurrencyLimit',
  'proxy-cache-advanced': 'a cache comes with a later version',
  'graphql-proxy-cache-advanced': 'a cache comes with a later version',
  'graphql-rate-limiting-advanced': 'there is rate-limiting',
  degraphql: HANDLER,
  'request-transformer-advanced': 'there is request-transformer, or in code @TransformRequest',
  'response-transformer-advanced':
    'there is response-transformer, or in code @TransformResponse and @FilterResponse',
  'route-transformer-advanced': 'a handler in code chooses upstream and path: forward(call.to(…))',
  'route-by-header': 'routes match headers; or a handler in code chooses the upstream',
  canary: 'a share of the traffic goes by weights of targets',
  'exit-transformer': 'an exception filter in code shapes errors',
  'request-validator': 'pipes in code check bodies and parameters',
  'oas-validation': 'pipes in code check bodies and parameters',
  'json-threat-protection': 'there is request-size-limiting; pipes in code check bodies',
  'xml-threat-protection': 'there is request-size-limiting; pipes in code check bodies',
  'injection-protection': 'pipes in code check bodies and parameters',
  opa: 'in code there is @ExternalAuthorization',
  'acl-advanced': 'there is acl',
  'forward-proxy': 'upstreams are asked directly',
  'upstream-timeout':
    'services have connect_timeout, read_timeout and write_timeout; in code there is @Timeout',
  'upstream-oauth': 'a handler in code gets the token',
  'tls-handshake-modifier': 'TLS_CLIENT_CA_FILE and TLS_CLIENT_AUTH ask clients for certificates',
  'tls-metadata-headers': 'in code there is clientCertificate()',
  'websocket-size-limit': 'in code there is @WebSocket with a limit for messages',
  'websocket-validator': HANDLER,
  'kafka-log': SENT_LOGS,
  'kafka-upstream': HANDLER,
  'kafka-consume': HANDLER,
  confluent: HANDLER,
  'confluent-consume': HANDLER,
  mocking: HANDLER,
  jq: HANDLER,
  'request-callout': HANDLER,
  datakit: HANDLER,
  'app-dynamics': OBSERVED,
  'statsd-advanced': OBSERVED,
  'application-registration': 'consumers and their keys stand in the file',
  saml: 'an identity provider gives tokens for jwt',
};

/** Why a plugin of Kong's is not carried out and what there is instead; `undefined` for one that nobody knows. */
export function uncarriedPlugin(name: string): string | undefined {
  if (Object.hasOwn(BUNDLED, name)) return `is not carried out here: ${BUNDLED[name]}.`;
  if (Object.hasOwn(ENTERPRISE, name))
    return `is part of Kong Enterprise and not carried out here; ${ENTERPRISE[name]}.`;
  if (/^ai-[a-z0-9-]+$/.test(name)) return `is not carried out here: ${MODELS}.`;
  return undefined;
}

/** For suggestions: a misspelled one of these has no better name. */
export const UNCARRIED_PLUGIN_NAMES: readonly string[] = [
  ...Object.keys(BUNDLED),
  ...Object.keys(ENTERPRISE),
];
