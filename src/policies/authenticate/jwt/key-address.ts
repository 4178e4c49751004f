const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What an address of keys must be, in words that finish "must be …". */
export const KEY_ADDRESS_RULE = 'an https:// URL without credentials (http:// only for a loopback host)';

/** Keys fetched without TLS could be anyone's: plain http is only for the same machine. */
export function isKeyAddress(value: unknown): value is string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_NAMES.has(url.hostname));
}
