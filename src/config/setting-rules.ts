import { BlockList, isIP } from 'node:net';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import type { SettingValues } from './settings.table.js';
import { HTTPS_PORT, TLS_SOURCES } from './tls-settings.js';

/** The rules that hold between variables. A rule whose variables have problems of their own stays silent. */
export function checkRules(
  values: Partial<SettingValues>,
  environment: Environment,
  problems: ConfigProblem[],
): void {
  const { PORT: port, ADMIN_PORT: adminPort, ADMIN_HOST: adminHost } = values;
  if (port !== undefined && port !== 0 && port === adminPort) {
    problems.push({ where: 'ADMIN_PORT', message: `is ${port}, as PORT is; the two must differ.` });
  }
  const { HTTPS_PORT: httpsPort = HTTPS_PORT } = values;
  const secure = TLS_SOURCES.some((name) => (environment[name] ?? '') !== '');
  const clash =
    httpsPort === 0
      ? undefined
      : Object.entries({ PORT: port, ADMIN_PORT: adminPort }).find(([, taken]) => taken === httpsPort);
  if (secure && clash !== undefined) {
    problems.push({
      where: 'HTTPS_PORT',
      message: `is ${httpsPort}, as ${clash[0]} is; the two must differ.`,
    });
  }
  const tokenGiven =
    environment['ADMIN_TOKEN'] !== undefined || environment['ADMIN_TOKEN_FILE'] !== undefined;
  if (adminHost !== undefined && !isLoopback(adminHost) && !tokenGiven) {
    problems.push({
      where: 'ADMIN_HOST',
      message: `is ${adminHost}, which others can reach; set ADMIN_TOKEN or listen on 127.0.0.1.`,
    });
  }
  // A list that has a problem of its own is there, and is told of already.
  if (values.PROXY_PROTOCOL === 'on' && (environment['TRUSTED_PROXIES'] ?? '') === '') {
    problems.push({
      where: 'PROXY_PROTOCOL',
      message: 'is on, but nobody is trusted to send the header; set TRUSTED_PROXIES to the proxies that do.',
    });
  }
  // A URL that has a problem of its own is there, and is told of already.
  const redisGiven = ['REDIS_URL', 'REDIS_URL_FILE'].some((name) => environment[name] !== undefined);
  if (values.API_KEYS_STORE === 'redis' && !redisGiven) {
    problems.push({ where: 'API_KEYS_STORE', message: 'is redis, but no Redis is named; set REDIS_URL.' });
  }
  atMost(values, 'API_KEYS_CACHE_MS', 'API_KEYS_STALE_MS', problems);
  atMost(values, 'DRAIN_DELAY_MS', 'DRAIN_MS', problems);
  atMost(values, 'MAX_URL_BYTES', 'MAX_HEADER_BYTES', problems);
  // With the whole request's clock off there is nothing to stay below.
  if (values.REQUEST_TIMEOUT_MS !== 0) atMost(values, 'HEADERS_TIMEOUT_MS', 'REQUEST_TIMEOUT_MS', problems);
}

type NumberName = {
  [Name in keyof SettingValues]: SettingValues[Name] extends number ? Name : never;
}[keyof SettingValues];

function atMost(
  values: Partial<SettingValues>,
  small: NumberName,
  large: NumberName,
  problems: ConfigProblem[],
): void {
  const a = values[small];
  const b = values[large];
  if (a !== undefined && b !== undefined && a > b) {
    problems.push({ where: small, message: `is ${a}; must be at most ${large}, which is ${b}.` });
  }
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
