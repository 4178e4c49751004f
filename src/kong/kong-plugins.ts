import type { SecretText } from '../contracts/secret-text.js';
import type { KongEntity, KongProtocol } from './kong-configuration.js';

/** The configurations of the plugins that are understood, by name: Kong's own shapes with every default filled in. */
export interface KongPluginConfigs {
  readonly jwt: KongJwtConfig;
  readonly 'key-auth': KongKeyAuthConfig;
  readonly 'basic-auth': KongBasicAuthConfig;
  readonly acl: KongAclConfig;
  readonly 'rate-limiting': KongRateLimitingConfig;
  readonly 'request-transformer': KongRequestTransformerConfig;
  readonly 'response-transformer': KongResponseTransformerConfig;
  readonly 'correlation-id': KongCorrelationIdConfig;
  readonly cors: KongCorsConfig;
  readonly 'ip-restriction': KongIpRestrictionConfig;
  readonly 'request-size-limiting': KongRequestSizeLimitingConfig;
  readonly 'request-termination': KongRequestTerminationConfig;
  readonly 'file-log': KongFileLogConfig;
  readonly 'http-log': KongHttpLogConfig;
  readonly prometheus: KongPrometheusConfig;
}
export type KongPluginName = keyof KongPluginConfigs;

/** Plugins that may say who calls. */
export const KONG_AUTHENTICATION = ['jwt', 'key-auth', 'basic-auth'] as const satisfies KongPluginName[];
export type KongAuthentication = (typeof KONG_AUTHENTICATION)[number];

/** One instance of a plugin. Where no scope is set it is global; where several are, all must hold. Ids of entities. */
export interface KongPluginOf<Name extends KongPluginName> extends KongEntity {
  readonly name: Name;
  readonly instanceName: string | undefined;
  readonly enabled: boolean;
  readonly protocols: readonly KongProtocol[];
  readonly config: KongPluginConfigs[Name];
  readonly route: string | undefined;
  readonly service: string | undefined;
  readonly consumer: string | undefined;
}
export type KongPlugin = { readonly [Name in KongPluginName]: KongPluginOf<Name> }[KongPluginName];

export interface KongJwtConfig {
  readonly uriParamNames: readonly string[];
  readonly cookieNames: readonly string[];
  readonly headerNames: readonly string[];
  readonly keyClaimName: string;
  readonly secretIsBase64: boolean;
  readonly claimsToVerify: readonly ('exp' | 'nbf')[];
  /** Seconds; 0 is off. */
  readonly maximumExpiration: number;
  /** Id of a consumer of the file. */
  readonly anonymous: string | undefined;
  readonly runOnPreflight: boolean;
  readonly realm: string | undefined;
}

export interface KongKeyAuthConfig {
  readonly keyNames: readonly string[];
  readonly keyInHeader: boolean;
  readonly keyInQuery: boolean;
  readonly keyInBody: boolean;
  readonly hideCredentials: boolean;
  readonly anonymous: string | undefined;
  readonly runOnPreflight: boolean;
  readonly realm: string | undefined;
}

export interface KongBasicAuthConfig {
  readonly hideCredentials: boolean;
  readonly anonymous: string | undefined;
  readonly realm: string;
}

/** One of the two lists is there. */
export interface KongAclConfig {
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[] | undefined;
  readonly hideGroupsHeader: boolean;
  readonly alwaysUseAuthenticatedGroups: boolean;
}

export const KONG_RATE_WINDOWS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type KongRateWindow = (typeof KONG_RATE_WINDOWS)[number];

export interface KongRateLimitingConfig {
  /** At least one. */
  readonly limits: Readonly<Partial<Record<KongRateWindow, number>>>;
  readonly limitBy: 'consumer' | 'credential' | 'ip' | 'service' | 'header' | 'path';
  readonly headerName: string | undefined;
  readonly path: string | undefined;
  readonly policy: 'local' | 'redis';
  readonly faultTolerant: boolean;
  readonly hideClientHeaders: boolean;
  readonly errorCode: number;
  readonly errorMessage: string;
  /** Seconds between exchanges with Redis; -1 asks it for every request. */
  readonly syncRate: number;
  /** `undefined` with `policy: redis` means `REDIS_URL`. */
  readonly redis: KongRedisConfig | undefined;
}

export interface KongRedisConfig {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly username: string | undefined;
  readonly password: SecretText | undefined;
  readonly database: number;
  readonly ssl: boolean;
  readonly sslVerify: boolean;
  readonly serverName: string | undefined;
}

/** `name:value` of Kong, taken apart at the first colon. */
export interface KongNamedValue {
  readonly name: string;
  readonly value: string;
}

export interface KongFieldGroups<Item> {
  readonly headers: readonly Item[];
  readonly querystring: readonly Item[];
  readonly body: readonly Item[];
}

export interface KongRequestTransformerConfig {
  readonly httpMethod: string | undefined;
  readonly remove: KongFieldGroups<string>;
  readonly rename: KongFieldGroups<KongNamedValue>;
  readonly replace: KongFieldGroups<KongNamedValue> & { readonly uri: string | undefined };
  readonly add: KongFieldGroups<KongNamedValue>;
  readonly append: KongFieldGroups<KongNamedValue>;
}

export interface KongResponseFieldGroups<Item> {
  readonly headers: readonly Item[];
  readonly json: readonly Item[];
}
export type KongJsonType = 'boolean' | 'number' | 'string';
/** A JSON member to write; `type` is `undefined` where json_types names none for it. */
export interface KongTypedValue extends KongNamedValue {
  readonly type: KongJsonType | undefined;
}

export interface KongResponseTransformerConfig {
  readonly remove: KongResponseFieldGroups<string>;
  readonly rename: KongResponseFieldGroups<KongNamedValue>;
  readonly replace: { readonly headers: readonly KongNamedValue[]; readonly json: readonly KongTypedValue[] };
  readonly add: { readonly headers: readonly KongNamedValue[]; readonly json: readonly KongTypedValue[] };
  readonly append: { readonly headers: readonly KongNamedValue[]; readonly json: readonly KongTypedValue[] };
}

export interface KongCorrelationIdConfig {
  readonly headerName: string;
  readonly generator: 'uuid' | 'uuid#counter' | 'tracker';
  readonly echoDownstream: boolean;
}

export interface KongCorsConfig {
  /** `undefined` means every origin. */
  readonly origins: readonly string[] | undefined;
  readonly methods: readonly string[];
  /** `undefined` echoes what the preflight asks for. */
  readonly headers: readonly string[] | undefined;
  readonly exposedHeaders: readonly string[] | undefined;
  readonly maxAge: number | undefined;
  readonly credentials: boolean;
  readonly privateNetwork: boolean;
  readonly preflightContinue: boolean;
  readonly allowOriginAbsent: boolean;
}

export interface KongIpRestrictionConfig {
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[] | undefined;
  readonly status: number;
  readonly message: string | undefined;
}

export interface KongRequestSizeLimitingConfig {
  readonly allowedPayloadSize: number;
  readonly sizeUnit: 'megabytes' | 'kilobytes' | 'bytes';
  readonly requireContentLength: boolean;
}

export interface KongRequestTerminationConfig {
  readonly statusCode: number;
  readonly message: string | undefined;
  readonly body: string | undefined;
  readonly contentType: string | undefined;
  readonly echo: boolean;
  readonly trigger: string | undefined;
}

export interface KongFileLogConfig {
  readonly path: string;
  readonly reopen: boolean;
}

export interface KongHttpLogConfig {
  readonly httpEndpoint: SecretText;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly contentType: string;
  readonly timeoutMs: number;
  readonly keepaliveMs: number;
  readonly headers: Readonly<Record<string, SecretText>>;
  readonly queue: KongQueueConfig;
}

export interface KongQueueConfig {
  readonly maxBatchSize: number;
  readonly maxCoalescingDelaySeconds: number;
  readonly maxEntries: number;
  readonly maxBytes: number | undefined;
  readonly maxRetryTimeSeconds: number;
  readonly initialRetryDelaySeconds: number;
  readonly maxRetryDelaySeconds: number;
  readonly concurrencyLimit: 1 | -1;
}

export interface KongPrometheusConfig {
  readonly perConsumer: boolean;
  readonly statusCodeMetrics: boolean;
  readonly latencyMetrics: boolean;
  readonly bandwidthMetrics: boolean;
  readonly upstreamHealthMetrics: boolean;
}
