import {
  checkedElsewhere,
  checkOptions,
  numberWithin,
  type OptionRule,
  type OptionRules,
  show,
  trueOrFalse,
  wholeNumber,
} from '../../contracts/option-check.js';
import type { RedisServerOptions, RedisTlsOptions } from '../../contracts/redis-server.js';
import { SecretText } from '../../contracts/secret-text.js';
import type { RateLimitStore } from './stores/limit-stores.js';

const aText: OptionRule = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text');

const TLS_RULES: OptionRules<RedisTlsOptions> = { verify: trueOrFalse, serverName: aText };
const SERVER_RULES: OptionRules<RedisServerOptions> = {
  host: aText,
  port: wholeNumber(1, 65_535),
  username: aText,
  password: checkedElsewhere,
  database: wholeNumber(0, 65_535),
  tls: (value) =>
    typeof value === 'boolean' || checkOptions('', '', value, TLS_RULES).length === 0
      ? undefined
      : 'true, false or { verify, serverName }',
  timeoutMs: numberWithin(1, 2_147_483_647),
};

/** What is wrong with where a limit counts, in plain words. */
export function storeProblems(given: RateLimitStore | undefined): readonly string[] {
  if (given === undefined || given === 'memory' || given === 'redis') return [];
  if (typeof given !== 'object' || given === null) {
    return [`store is ${show(given)}; must be 'memory', 'redis' or a Redis by its host: { host, port }.`];
  }
  const problems = checkOptions('', 'store', given, SERVER_RULES).map(({ message }) => message);
  const { password } = given;
  // What stands there may be one all the same: it is not shown.
  if (password !== undefined && typeof password !== 'string' && !(password instanceof SecretText)) {
    problems.push('store.password must be a text.');
  }
  if (given.host === undefined) problems.push('store.host is undefined; must be a text.');
  return problems;
}

/** Where a limit counts, for the boot table: `memory`, `redis at limits.internal:6379`. */
export function storeText(store: RateLimitStore): string {
  return typeof store === 'string' ? store : `redis at ${store.host}:${store.port ?? 6379}`;
}
