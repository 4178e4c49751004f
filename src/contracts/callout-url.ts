const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * What is wrong with the address of a server that is to be asked, behind the option's name; `undefined` when it is
 * sound. It repeats nothing of the address, which may hold a password by mistake.
 *
 * @param plain where `http:` is good enough
 */
export function calloutUrlFault(value: unknown, plain: 'loopback' | 'anywhere'): string | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) return 'is no URL; must be an absolute one.';
  if (url.username !== '' || url.password !== '') return 'holds credentials; they have options of their own.';
  if (url.hash !== '') return 'has a fragment, which is never sent; leave it out.';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'must begin with https:// or http://.';
  if (plain === 'anywhere' || LOOPBACK_NAMES.has(url.hostname)) return undefined;
  return 'sends secrets without TLS; must be https:// (http:// only for a loopback host).';
}
