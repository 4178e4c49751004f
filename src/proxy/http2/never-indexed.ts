/**
 * Fields that hold somebody's credentials, names in lower case: HTTP/2 sends them as literals that no table remembers
 * (RFC 7541, section 7.1.3).
 *
 * People who know nothing of each other share an upstream's connection, and so its table. A credential in it could be
 * guessed by whoever sees how small a request became; and each user's own would push out what requests have in common.
 */
export const NEVER_INDEXED: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  // Whatever its length: a table for all users hardly meets the same one twice.
  'cookie',
  'api-key',
  'apikey',
  'x-api-key',
  'x-access-token',
  'x-amz-security-token',
  'x-auth-token',
  'x-csrf-token',
  'x-xsrf-token',
]);
