import { ConfigError, type ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import type { HostAddresses } from '../contracts/host-addresses.js';
import { SecretText } from '../contracts/secret-text.js';
import { type ReadTextFile, readNamedFile, readSecret, readTextFile } from './configuration-sources.js';
import type {
  GatewaySettings,
  IdentitySettings,
  IntrospectionSettings,
  JwtSettings,
  TlsSettings,
} from './gateway-settings.js';
import { readHostsFile } from './hosts-file.js';
import { resolveIdentity } from './identity-settings.js';
import { resolveIntrospection } from './introspection-settings.js';
import { resolveJwt } from './jwt-settings.js';
import { misspelledVariables } from './misspelled-variables.js';
import { checkRules } from './setting-rules.js';
import { RESERVED_SETTINGS, SETTINGS, type Setting, type SettingValues } from './settings.table.js';
import { resolveTls } from './tls-settings.js';

/**
 * Turns the environment into settings.
 *
 * 1. Refuse what belongs to a later version and what looks misspelled.
 * 2. Read and validate each variable by its row of the table.
 * 3. Check the rules between variables.
 * 4. Freeze.
 *
 * @throws ConfigError with every problem found; a secret's value is in none of them
 */
export function loadSettings(
  environment: Environment,
  readFile: ReadTextFile = readTextFile,
): GatewaySettings {
  // 1.
  const problems: ConfigProblem[] = [...reservedVariables(environment), ...misspelledVariables(environment)];
  // 2.
  const values = readValues(environment, readFile, problems);
  // 3.
  const jwt = resolveJwt(values, environment, readFile, problems);
  const identity = resolveIdentity(values, readFile, problems);
  const introspection = resolveIntrospection(values, environment, problems);
  const tls = resolveTls(values, environment, readFile, problems);
  const consumers = readConsumers(values, readFile, problems);
  const hosts = readHosts(values, readFile, problems);
  checkRules(values, environment, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  // 4. Without a problem every value is there.
  return freeze(toSettings(values as SettingValues, { jwt, identity, introspection, tls, consumers, hosts }));
}

function reservedVariables(environment: Environment): ConfigProblem[] {
  return Object.entries(RESERVED_SETTINGS)
    .filter(([name, row]) => (environment[name] ?? '') !== '' && environment[name] !== row.harmless)
    .map(([where, row]) => ({ where, message: `${row.reason}; unset it.` }));
}

function readValues(
  environment: Environment,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): Partial<SettingValues> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    // A blank variable counts as absent: that is what `${NAME:-}` in a compose file leaves behind.
    const given = setting.secret
      ? readSecret(name, environment, readFile, problems)
      : environment[name] || undefined;
    const text = given ?? setting.default;
    if (text === undefined) continue;
    const result = setting.kind.schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const found = setting.secret ? 'is not acceptable' : `is ${JSON.stringify(text)}`;
      const unit = setting.kind.unit === undefined ? '' : ` (${setting.kind.unit})`;
      problems.push({ where: name, message: `${found}; must be ${setting.kind.allowed}${unit}.` });
    }
  }
  return values as Partial<SettingValues>;
}

/** The text alone: whoever knows consumers reads it. */
function readConsumers(
  { CONSUMERS_FILE: path }: Partial<SettingValues>,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): SecretText | undefined {
  const text = path === undefined ? undefined : readNamedFile('CONSUMERS_FILE', path, readFile, problems);
  return hidden(text);
}

function readHosts(
  { DNS_HOSTS_FILE: path }: Partial<SettingValues>,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): HostAddresses | undefined {
  const text = path === undefined ? undefined : readNamedFile('DNS_HOSTS_FILE', path, readFile, problems);
  return text === undefined ? undefined : readHostsFile(text, 'DNS_HOSTS_FILE', problems);
}

const hidden = (text: string | undefined): SecretText | undefined =>
  text === undefined ? undefined : new SecretText(text);

/** What is resolved from several variables, or from files. */
interface ResolvedSettings {
  readonly jwt: JwtSettings;
  readonly identity: IdentitySettings | undefined;
  readonly introspection: IntrospectionSettings | undefined;
  readonly tls: TlsSettings | undefined;
  readonly consumers: SecretText | undefined;
  readonly hosts: HostAddresses | undefined;
}

function toSettings(
  values: SettingValues,
  { jwt, identity, introspection, tls, consumers, hosts }: ResolvedSettings,
): GatewaySettings {
  return {
    traffic: {
      host: values.HOST,
      port: values.PORT,
      healthPath: values.HEALTH_PATH,
      trustedProxies: values.TRUSTED_PROXIES,
      proxyProtocol: values.PROXY_PROTOCOL === 'on',
      http2: values.HTTP2 === 'on',
    },
    tls,
    admin: {
      host: values.ADMIN_HOST,
      port: values.ADMIN_PORT,
      token: hidden(values.ADMIN_TOKEN),
    },
    jwt,
    introspection,
    identity,
    consumers: {
      file: consumers,
      apiKeys: hidden(values.API_KEYS),
      apiKeyStore: values.API_KEYS_STORE,
      apiKeyCacheMs: values.API_KEYS_CACHE_MS,
      apiKeyStaleMs: values.API_KEYS_STALE_MS,
    },
    upstreams: { hosts },
    declarative:
      values.GATEWAY_CONFIG === undefined
        ? undefined
        : {
            files: values.GATEWAY_CONFIG,
            strict: values.GATEWAY_CONFIG_STRICT === 'on',
            refuseOpen: values.GATEWAY_CONFIG_OPEN_ROUTES === 'refuse',
          },
    redis: values.REDIS_URL === undefined ? undefined : { url: new SecretText(values.REDIS_URL) },
    limits: {
      bodyLimitBytes: values.BODY_LIMIT_BYTES,
      bodyMinBytesPerSecond: values.BODY_MIN_BYTES_PER_SECOND,
      bodyGraceMs: values.BODY_GRACE_MS,
      maxHeaderBytes: values.MAX_HEADER_BYTES,
      maxHeaderCount: values.MAX_HEADER_COUNT,
      maxUrlBytes: values.MAX_URL_BYTES,
      headersTimeoutMs: values.HEADERS_TIMEOUT_MS,
      requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
      writeTimeoutMs: values.WRITE_TIMEOUT_MS,
      keepAliveTimeoutMs: values.KEEP_ALIVE_TIMEOUT_MS,
      maxConcurrentStreams: values.MAX_CONCURRENT_STREAMS,
      maxConnections: values.MAX_CONNECTIONS,
      maxConnectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
      upstream: {
        maxHeaderBytes: values.UPSTREAM_MAX_HEADER_BYTES,
        maxHeaderCount: values.UPSTREAM_MAX_HEADER_COUNT,
        maxInformational: values.UPSTREAM_MAX_INFORMATIONAL,
        maxChunkExtensionBytes: values.UPSTREAM_MAX_CHUNK_EXTENSION_BYTES,
      },
    },
    drain: { delayMs: values.DRAIN_DELAY_MS, totalMs: values.DRAIN_MS },
    log: { level: values.LOG_LEVEL, accessLog: values.ACCESS_LOG },
    compile: values.PORTCULLIS_COMPILE,
  };
}

/** Freezes plain objects and lists; instances such as a BlockList stay as they are. */
function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (isPlain(part)) freeze(part);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  return (
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  );
}
