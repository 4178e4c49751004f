import { isIPv4, isIPv6 } from 'node:net';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  /** `undefined` is Redis's own default user. */
  readonly user: string | undefined;
  readonly password: string;
}

interface RedisAccess {
  readonly tls: boolean;
  /** How certificates are judged where TLS is spoken; absent: by the name that is dialled and the usual authorities. */
  readonly certificate?: { readonly verify: boolean; readonly serverName: string | undefined } | undefined;
  readonly login: RedisLogin | undefined;
}

export interface SingleRedis extends RedisAccess {
  readonly kind: 'single';
  readonly at: RedisHost;
  readonly database: number;
}

export interface SentinelRedis extends RedisAccess {
  readonly kind: 'sentinel';
  readonly sentinels: readonly RedisHost[];
  /** How Sentinel calls the primary and its replicas. */
  readonly group: string;
  /** For the sentinels themselves; `login` is for the Redis they name. */
  readonly sentinelLogin: RedisLogin | undefined;
  readonly database: number;
}

export interface ClusterRedis extends RedisAccess {
  readonly kind: 'cluster';
  /** Some of its nodes; they name the others. */
  readonly nodes: readonly RedisHost[];
}

export type RedisAddress = SingleRedis | SentinelRedis | ClusterRedis;

/** Completes "must be …". */
export const REDIS_URL_FORMS =
  '`redis://[user:password@]host[:port][/database]`, for Sentinel `redis+sentinel://[user:password@]host[:port],…/group[/database][?sentinelUsername=…&sentinelPassword=…]`, for a cluster `redis+cluster://[user:password@]host[:port],…`; each with `rediss` for TLS, `:password@` without a user, and anything but letters and digits in names and passwords as %XX';

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

// Several hosts with ports are no URL to the URL class. As there, the last @ ends the password.
const FORM =
  /^redis(?<tls>s)?(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^/?#]*)@)?(?<hosts>[^/?#@]+)(?<path>(?:\/[^/?#]*)*)(?:\?(?<query>[^#]*))?$/;
const UNSEEN = /[\s\p{Cc}]/u;
const HOST = /^(?<host>\[[^\]]*\]|[^:[\]]*)(?::(?<port>\d{1,5}))?$/;
// Container names may have underscores.
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/;
const GROUP = /^[\w.-]+$/;
const DATABASE = /^\d{1,5}$/;

/** What a URL of Redis names; `undefined` when it has none of the forms there are. It never says why: it holds a password. */
export function readRedisUrl(text: string): RedisAddress | undefined {
  const parts = UNSEEN.test(text) ? undefined : FORM.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const login = parts['login'] === undefined ? undefined : readLogin(parts['login']);
  if (login === 'bad') return undefined;
  const access: RedisAccess = { tls: parts['tls'] !== undefined, login };
  const hosts = parts['hosts'] as string;
  // A slash at the end says nothing.
  const path = (parts['path'] as string).replace(/\/$/, '').split('/').slice(1);
  const { kind, query } = parts;
  if (kind === 'sentinel') return readSentinel(access, hosts, path, query);
  if (query !== undefined) return undefined;
  return kind === 'cluster' ? readCluster(access, hosts, path) : readSingle(access, hosts, path);
}

function readSingle(access: RedisAccess, hosts: string, path: string[]): SingleRedis | undefined {
  const at = readHost(hosts, REDIS_PORT);
  const database = readDatabase(path);
  return at === undefined || database === undefined ? undefined : { kind: 'single', ...access, at, database };
}

function readSentinel(
  access: RedisAccess,
  hosts: string,
  [group = '', ...rest]: string[],
  query: string | undefined,
): SentinelRedis | undefined {
  const sentinels = readHosts(hosts, SENTINEL_PORT);
  const database = readDatabase(rest);
  const sentinelLogin = query === undefined ? undefined : readSentinelLogin(query);
  if (sentinels === undefined || database === undefined || sentinelLogin === 'bad') return undefined;
  return GROUP.test(group)
    ? { kind: 'sentinel', ...access, sentinels, group, sentinelLogin, database }
    : undefined;
}

function readCluster(access: RedisAccess, hosts: string, path: string[]): ClusterRedis | undefined {
  const nodes = readHosts(hosts, REDIS_PORT);
  // A cluster has one database.
  return nodes === undefined || path.length > 0 ? undefined : { kind: 'cluster', ...access, nodes };
}

function readDatabase(path: string[]): number | undefined {
  const [text = '0', ...more] = path;
  return more.length === 0 && DATABASE.test(text) ? Number(text) : undefined;
}

/** A user without a password is refused: most often it is a password whose colon was forgotten. */
function readLogin(text: string): RedisLogin | 'bad' {
  const colon = text.indexOf(':');
  const user = decoded(text.slice(0, Math.max(colon, 0)));
  const password = decoded(text.slice(colon + 1));
  if (colon < 0 || user === undefined || password === undefined || password === '') return 'bad';
  return { user: user === '' ? undefined : user, password };
}

function readSentinelLogin(query: string): RedisLogin | 'bad' {
  const given = new Map<string, string>();
  for (const pair of query.split('&')) {
    const [, name = '', text = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
    const value = decoded(text);
    if (value === undefined || value === '' || given.has(name)) return 'bad';
    given.set(name, value);
  }
  const password = given.get('sentinelPassword');
  const user = given.get('sentinelUsername');
  if (password === undefined || given.size > (user === undefined ? 1 : 2)) return 'bad';
  return { user, password };
}

function readHosts(text: string, port: number): readonly RedisHost[] | undefined {
  const hosts = text.split(',').map((host) => readHost(host, port));
  return hosts.every((host) => host !== undefined) ? hosts : undefined;
}

function readHost(text: string, defaultPort: number): RedisHost | undefined {
  const { host = '', port } = HOST.exec(text)?.groups ?? {};
  const number = port === undefined ? defaultPort : Number(port);
  if (number < 1 || number > 65_535) return undefined;
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    return isIPv6(address) ? { host: address, port: number } : undefined;
  }
  const named = /^[\d.]+$/.test(host) ? isIPv4(host) : HOST_NAME.test(host);
  return named ? { host, port: number } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
