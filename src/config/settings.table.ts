import {
  choice,
  choiceList,
  host,
  keyLines,
  keySetUrl,
  milliseconds,
  port,
  proxyList,
  publicPort,
  redisUrl,
  type SettingKind,
  secret,
  span,
  text,
  wholeNumber,
  wordList,
} from './setting-kinds.js';

/** One environment variable: everything that is known of it, in the code and in the documents. */
export interface Setting<T> {
  readonly group: SettingGroup;
  readonly kind: SettingKind<NonNullable<T>>;
  /** As it would stand in the environment; `undefined` means the variable may be absent. */
  readonly default: string | undefined;
  readonly description: string;
  /** Never printed, and also read from the file that `NAME_FILE` names. */
  readonly secret: boolean;
}

export const SETTING_GROUPS = {
  traffic: 'Traffic',
  tls: 'TLS',
  admin: 'Admin',
  identity: 'Identity',
  upstreams: 'Upstreams',
  declarative: 'Declarative routes',
  state: 'Shared state',
  limits: 'Limits',
  drain: 'Shutting down',
  log: 'Logs',
  process: 'Process',
} as const;
export type SettingGroup = keyof typeof SETTING_GROUPS;

export const JWT_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

const PATH = /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)+$/;
const FILE = /^[^\0]+$/;

/** Every variable the gateway reads, with its default: the one place where a default stands. */
export const SETTINGS = {
  HOST: withDefault(
    'traffic',
    host,
    '0.0.0.0',
    'Address the traffic port listens on. `0.0.0.0` is every IPv4 interface, `::` every interface.',
  ),
  PORT: withDefault(
    'traffic',
    port,
    '8080',
    'Traffic port, without TLS: HTTP/1.1, and HTTP/2 for clients that know it beforehand.',
  ),
  HTTP2: withDefault('traffic', choice('on', 'off'), 'on', 'Whether clients may speak HTTP/2.'),
  HEALTH_PATH: withDefault(
    'traffic',
    text('a path of plain segments, without a slash at its end', PATH),
    '/health',
    'Where health answers on the traffic port, with `/ready` and `/live` below it. No route can take it.',
  ),
  TRUSTED_PROXIES: optional(
    'traffic',
    proxyList,
    'Proxies whose `X-Forwarded-*` and `Forwarded` headers are believed. Absent: nobody is believed.',
  ),
  PROXY_PROTOCOL: withDefault(
    'traffic',
    choice('off', 'on'),
    'off',
    'With `on` every connection from one of `TRUSTED_PROXIES` must begin with a PROXY header, version 1 or 2, sent within `HEADERS_TIMEOUT_MS`; it is closed otherwise. Nobody else may send one.',
  ),

  HTTPS_PORT: optional(
    'tls',
    port,
    'TLS traffic port, beside `PORT`. Absent: 8443 when `TLS_CERT_FILE` or `TLS_CERT_DIR` is set, else nothing listens for TLS.',
  ),
  TLS_CERT_FILE: optional(
    'tls',
    text('the path of a PEM file', FILE),
    'PEM file with the certificate and, behind it, those that issued it. Shown for its own names, and to clients that name no host or an unknown one.',
  ),
  TLS_KEY_FILE: optional(
    'tls',
    text('the path of a PEM file', FILE),
    'PEM file with the private key of `TLS_CERT_FILE`, without a passphrase.',
  ),
  TLS_CERT_DIR: optional(
    'tls',
    text('the path of a directory', FILE),
    'Directory with certificates that are chosen by the name a client asks for (SNI): `NAME.crt` with `NAME.key`, `NAME.pem` that holds both, folders with `tls.crt` and `tls.key`. The names are those in the certificates. Without `TLS_CERT_FILE` the pair called `default`, else the first, is shown for other names.',
  ),
  TLS_MIN_VERSION: withDefault(
    'tls',
    choice('1.2', '1.3'),
    '1.2',
    'Oldest TLS version that is spoken; the newest is 1.3.',
  ),
  TLS_CLIENT_CA_FILE: optional(
    'tls',
    text('the path of a PEM file', FILE),
    'PEM file with the authorities whose certificates clients may show. Absent: clients are asked for none.',
  ),
  TLS_CLIENT_AUTH: optional(
    'tls',
    choice('required', 'optional'),
    'With `TLS_CLIENT_CA_FILE`: whether a client without a certificate that holds gets no connection, or is a client without a certificate. Absent: `required`.',
  ),
  TLS_HANDSHAKE_TIMEOUT_MS: withDefault(
    'tls',
    milliseconds,
    '10000',
    'For a client to complete its handshake, counted from the start of its connection; slower is closed.',
  ),
  TLS_MAX_HANDSHAKES: withDefault(
    'tls',
    wholeNumber(0, 1_000_000, undefined, ' (0 is no limit)'),
    '2000',
    'Handshakes under way at the same time. Beyond it the one that has taken longest is closed, if it had a second, else the new one. Each takes about 50 KB.',
  ),
  TLS_OCSP: withDefault(
    'tls',
    choice('auto', 'on', 'off'),
    'auto',
    'Whether the state of our certificates is fetched from their issuer and shown with them (OCSP stapling): `auto` does so for those that demand it (must-staple), `on` for all that name a responder.',
  ),
  HTTPS_REDIRECT: withDefault(
    'tls',
    choice('off', 'on', '301', '302', '307', '308'),
    'off',
    'Sends requests that come without TLS to `https://`, health excepted; `on` is `308`. What a trusted proxy received over TLS came with it.',
  ),
  HTTPS_REDIRECT_PORT: optional(
    'tls',
    publicPort,
    'Port that `HTTPS_REDIRECT` sends to, where clients reach another one than `HTTPS_PORT`: `443` behind most balancers.',
  ),
  HSTS_MAX_AGE_SECONDS: optional(
    'tls',
    wholeNumber(0, 315_360_000, 's'),
    'Sends `Strict-Transport-Security` with every answer over TLS; for so long browsers come with TLS only. 0 tells them to forget it. Absent: the field is not sent, and that of an upstream passes.',
  ),
  HSTS_INCLUDE_SUBDOMAINS: withDefault('tls', choice('off', 'on'), 'off', 'Adds `includeSubDomains` to it.'),
  HSTS_PRELOAD: withDefault(
    'tls',
    choice('off', 'on'),
    'off',
    'Adds `preload` to it: the domain may be put on the lists that browsers are built with. Needs `HSTS_INCLUDE_SUBDOMAINS` and a year.',
  ),

  ADMIN_HOST: withDefault(
    'admin',
    host,
    '127.0.0.1',
    'Address the admin port listens on. Anything but loopback needs `ADMIN_TOKEN`.',
  ),
  ADMIN_PORT: withDefault('admin', port, '9901', 'Admin port: metrics, health details, routes.'),
  ADMIN_TOKEN: optional(
    'admin',
    secret(16, /^[\x21-\x7e]+$/),
    'Bearer token of the admin port. `/metrics` and `/health` need none. Printable ASCII without blanks.',
    'secret',
  ),

  JWT_SECRET: optional(
    'identity',
    secret(32),
    'Shared secret for HS tokens. At most one of the kinds of key may be set: this, a file, an address or discovery.',
    'secret',
  ),
  JWT_PUBLIC_KEY_FILE: optional(
    'identity',
    text('the path of a PEM file', FILE),
    'PEM file with the public key or certificate that verifies tokens.',
  ),
  JWT_JWKS_FILE: optional(
    'identity',
    text('the path of a JSON file', FILE),
    'JSON file with the keys that verify tokens: a JWK Set or one JWK, public halves or shared secrets.',
  ),
  JWT_JWKS_URI: optional(
    'identity',
    keySetUrl,
    'Where the issuer publishes its key set. It is fetched at start and again while the gateway runs; start does not wait for it.',
  ),
  JWT_DISCOVERY: withDefault(
    'identity',
    choice('off', 'on'),
    'off',
    'With `on` the issuer itself, `JWT_ISSUER`, is asked where its key set is (OpenID Connect Discovery). Takes the place of `JWT_JWKS_URI`.',
  ),
  JWT_JWKS_REFRESH_MS: withDefault(
    'identity',
    wholeNumber(30_000, 86_400_000, 'ms'),
    '300000',
    'A published key set is fetched again after so long, or sooner if the answer says so with `max-age`. A key that is gone from it is refused from then on.',
  ),
  JWT_JWKS_STALE_MS: withDefault(
    'identity',
    wholeNumber(60_000, 604_800_000, 'ms'),
    '3600000',
    'How old the published keys in use may get while no newer ones are to be had; then tokens are answered 503. More than `JWT_JWKS_REFRESH_MS`.',
  ),
  JWT_ISSUER: optional(
    'identity',
    text('the `iss` of accepted tokens', /^\S+$/),
    'The `iss` a token must carry. Absent: not checked.',
  ),
  JWT_AUDIENCE: optional(
    'identity',
    wordList,
    'The `aud` a token must carry, one of the list. Required with public keys, where one issuer serves many audiences; `any` says that every audience is meant.',
  ),
  JWT_ALGORITHMS: optional(
    'identity',
    choiceList(...JWT_ALGORITHMS),
    'Accepted algorithms, all of the family of the key. Absent: those of the key.',
  ),
  JWT_CLOCK_SKEW_SECONDS: withDefault(
    'identity',
    wholeNumber(0, 300, 's'),
    '5',
    'How far the clocks of issuer and gateway may differ when `exp` and `nbf` are checked.',
  ),

  CONSUMERS_FILE: optional(
    'identity',
    text('the path of a JSON file', FILE),
    'JSON file with the registered consumers and the digests of their credentials. A change takes effect within a second; a file with a mistake is refused and the old list kept.',
  ),
  API_KEYS: optional(
    'identity',
    keyLines,
    'API keys in a short form, one on each line: `consumer:sha256:digest`, and after blanks its scopes. `portcullis key create --for env` prints it.',
    'secret',
  ),
  API_KEYS_STORE: withDefault(
    'identity',
    choice('memory', 'redis'),
    'memory',
    'Where the keys of `apiKey()` are looked up: among the consumers of this process, or in Redis (`REDIS_URL`).',
  ),
  API_KEYS_CACHE_MS: withDefault(
    'identity',
    wholeNumber(0, 3_600_000, 'ms'),
    '10000',
    'How long a key that Redis knew is taken without asking again; so late at most is a revoked one refused.',
  ),
  API_KEYS_STALE_MS: withDefault(
    'identity',
    wholeNumber(0, 86_400_000, 'ms'),
    '60000',
    'How old such a key may be while Redis cannot be asked; whoever shows another is answered 503 then.',
  ),

  DNS_HOSTS_FILE: optional(
    'upstreams',
    text('the path of a file', FILE),
    'File in the form of `/etc/hosts`: the names in it have the addresses it says, for every upstream; all other names are looked up by the system. Read at start.',
  ),

  REDIS_URL: optional(
    'state',
    redisUrl,
    'Redis that holds what instances share: the counts of rate limits, and API keys where `API_KEYS_STORE` or a route says so. One Redis, a group that Sentinel watches, or a cluster.',
    'secret',
  ),

  IDENTITY_KEY_FILE: optional(
    'identity',
    text('the path of a PEM file', FILE),
    'PEM file with the private key that signs the tokens upstreams are told the caller by (`@ForwardIdentity({ token })`): EC on P-256, Ed25519, or RSA. Watched: a new key signs at once.',
  ),
  IDENTITY_ISSUER: optional(
    'identity',
    text('the `iss` of tokens this gateway signs', /^\S+$/),
    'The `iss` of those tokens. Required with `IDENTITY_KEY_FILE`.',
  ),
  IDENTITY_JWKS_PATH: withDefault(
    'identity',
    text('a path of plain segments, without a slash at its end', PATH),
    '/.well-known/portcullis/jwks.json',
    'Where the traffic port publishes the keys that verify them. With `IDENTITY_KEY_FILE` no route can take it.',
  ),
  IDENTITY_KEY_OVERLAP_SECONDS: withDefault(
    'identity',
    wholeNumber(0, 604_800, 's'),
    '3600',
    'How long a key that was replaced is still published, for tokens that it signed and for upstreams that keep the key set.',
  ),

  INTROSPECTION_URL: optional(
    'identity',
    keySetUrl,
    'Where the authorization server tells whether a token is active (RFC 7662), for `introspection()`. Needs the two below.',
  ),
  INTROSPECTION_CLIENT_ID: optional(
    'identity',
    text('the name of the gateway at that server', /^[\x20-\x7e]+$/),
    'Who the gateway is to that server.',
  ),
  INTROSPECTION_CLIENT_SECRET: optional(
    'identity',
    secret(1),
    'Its password there, sent as HTTP Basic over TLS.',
    'secret',
  ),

  BODY_LIMIT_BYTES: withDefault(
    'limits',
    wholeNumber(0, Number.MAX_SAFE_INTEGER, 'bytes', ' (0 switches it off)'),
    '10485760',
    'Longest request body; more is answered 413. A route changes it with `@BodyLimit`.',
  ),
  BODY_MIN_BYTES_PER_SECOND: withDefault(
    'limits',
    wholeNumber(0, 1_000_000_000, 'bytes/s', ' (0 switches it off)'),
    '240',
    'Slowest pace of a request body, on average; a slower one is answered 408. Time in which the gateway itself does not read, because the upstream is slower still, does not count.',
  ),
  BODY_GRACE_MS: withDefault(
    'limits',
    span,
    '5000',
    'How long a body may come slower than `BODY_MIN_BYTES_PER_SECOND` before that counts.',
  ),
  MAX_HEADER_BYTES: withDefault(
    'limits',
    wholeNumber(1024, 1_048_576, 'bytes'),
    '16384',
    'Path and query, field names and field values of a request together, and once more of its trailers; more is answered 431.',
  ),
  MAX_HEADER_COUNT: withDefault(
    'limits',
    wholeNumber(10, 2000),
    '100',
    'Header fields of a request; more is answered 431.',
  ),
  MAX_URL_BYTES: withDefault(
    'limits',
    wholeNumber(64, 1_048_576, 'bytes'),
    '8192',
    'Path and query; more is answered 414.',
  ),
  HEADERS_TIMEOUT_MS: withDefault(
    'limits',
    milliseconds,
    '10000',
    'For a client to send its whole header section, counted from its first byte, and on a new connection from the start; slower is answered 408.',
  ),
  REQUEST_TIMEOUT_MS: withDefault(
    'limits',
    milliseconds,
    '300000',
    'For a client to send its whole request, body included; slower is answered 408. Raise it or switch it off where uploads of gigabytes come over slow lines.',
  ),
  WRITE_TIMEOUT_MS: withDefault(
    'limits',
    milliseconds,
    '60000',
    'How long a client may take nothing of an answer that waits for it; then its connection is cut.',
  ),
  KEEP_ALIVE_TIMEOUT_MS: withDefault(
    'limits',
    milliseconds,
    '75000',
    'How long an idle client connection is kept; it is announced to the client, and closed a second later. Longer than the 60 s that load balancers commonly hold theirs, so that they never write into a connection that is closing.',
  ),
  MAX_CONCURRENT_STREAMS: withDefault(
    'limits',
    wholeNumber(1, 10_000),
    '100',
    'Requests at the same time on one HTTP/2 connection; the client is told, and streams beyond it are refused.',
  ),
  MAX_CONNECTIONS: withDefault(
    'limits',
    wholeNumber(0, 10_000_000, undefined, ' (0 is no limit)'),
    '0',
    'Client connections at the same time; further ones are closed at once.',
  ),
  MAX_CONNECTIONS_PER_ADDRESS: withDefault(
    'limits',
    wholeNumber(0, 10_000_000, undefined, ' (0 is no limit)'),
    '0',
    'Connections from one client address at the same time, or from one /64 of IPv6; further ones are closed at once. Behind a balancer that does not pass addresses on with the PROXY protocol, all connections come from the balancer.',
  ),
  UPSTREAM_MAX_HEADER_BYTES: withDefault(
    'limits',
    wholeNumber(1024, 1_048_576, 'bytes'),
    '65536',
    "Status line and header section of an upstream's answer, and again each 1xx before it and its trailers; more is answered 502.",
  ),
  UPSTREAM_MAX_HEADER_COUNT: withDefault(
    'limits',
    wholeNumber(10, 2000),
    '256',
    "Header fields of an upstream's answer, and again of each 1xx and of its trailers; more is answered 502.",
  ),
  UPSTREAM_MAX_INFORMATIONAL: withDefault(
    'limits',
    wholeNumber(0, 1000),
    '16',
    '1xx answers of an upstream before the final one; more is answered 502.',
  ),
  UPSTREAM_MAX_CHUNK_EXTENSION_BYTES: withDefault(
    'limits',
    wholeNumber(0, 1_048_576, 'bytes'),
    '16384',
    'Chunk extensions of one answer of an upstream, all its chunks together; more is answered 502, or cuts an answer that has begun.',
  ),

  DRAIN_DELAY_MS: withDefault(
    'drain',
    span,
    '5000',
    'After SIGTERM new connections are still accepted this long, while readiness answers 503, until every balancer has noticed.',
  ),
  DRAIN_MS: withDefault(
    'drain',
    span,
    '25000',
    'From SIGTERM to the end, delay included; what is unfinished then is cut.',
  ),

  GATEWAY_CONFIG: optional(
    'declarative',
    wordList,
    'Kong files, and directories of them, whose routes stand behind those of the code. A change takes effect within a second, and at SIGHUP; a file with a mistake is refused and the old routes kept.',
  ),
  GATEWAY_CONFIG_STRICT: withDefault(
    'declarative',
    choice('off', 'on'),
    'off',
    '`on` refuses what these files may say here and Kong itself would not take or carry out.',
  ),
  GATEWAY_CONFIG_OPEN_ROUTES: withDefault(
    'declarative',
    choice('warn', 'refuse'),
    'warn',
    '`refuse` takes no file with a route that no authentication plugin stands before; Kong takes them.',
  ),

  LOG_LEVEL: withDefault(
    'log',
    choice('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'The least serious event that is logged. The access log has its own switch.',
  ),
  ACCESS_LOG: withDefault(
    'log',
    text('`stdout`, `off` or the path of a file (with a `/` in it)', /^(stdout|off|[^\0]*\/[^\0]*[^\0/])$/),
    'stdout',
    'Where the access log goes, one JSON line per request.',
  ),

  PORTCULLIS_COMPILE: withDefault(
    'process',
    choice('auto', 'off'),
    'auto',
    '`off` sends every route through Nest’s own pipeline: slower, with the same answers.',
  ),
  NODE_ENV: optional(
    'process',
    text('a word such as `production`', /^[\w-]+$/),
    'As everywhere in Node; the gateway itself does the same under each. The demo and `portcullis token` refuse `production`.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never;
};

/** Variables of a later version. Set today they would be silently without effect, so they are refused. */
export const RESERVED_SETTINGS = {
  WORKERS: {
    reason: 'several worker processes are not part of this version; start several instances',
    harmless: '1',
  },
} as const satisfies Record<string, { readonly reason: string; readonly harmless: string | undefined }>;

function withDefault<T>(
  group: SettingGroup,
  kind: SettingKind<T & {}>,
  fallback: string,
  description: string,
): Setting<T> {
  return { group, kind, default: fallback, description, secret: false };
}

function optional<T>(
  group: SettingGroup,
  kind: SettingKind<T & {}>,
  description: string,
  secrecy: 'secret' | 'open' = 'open',
): Setting<T | undefined> {
  return { group, kind, default: undefined, description, secret: secrecy === 'secret' };
}
