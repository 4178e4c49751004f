import { isSameHost, isSoundHost } from './request-host.js';

/** The target of `OPTIONS *`, which asks about the gateway itself (RFC 9112, section 3.2.4). */
export const ASTERISK = '*';

/** Scheme, authority, and the rest, which starts with a slash or a question mark or is not there. */
const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/is;

/** What a request's target is judged against. */
export interface TargetContext {
  readonly method: string;
  /** The `Host` field; `undefined` when there is none. */
  readonly host: string | undefined;
  /** Whether the connection is TLS. */
  readonly secure: boolean;
}

/**
 * Reads a request target that does not start with a slash: {@link ASTERISK}, or an absolute-form in the origin-form
 * that means the same. Its path and query are still to be judged.
 *
 * A server must accept the absolute-form (RFC 9112, section 3.2.2), but nothing here is dialled by its name: it must
 * say what `Host` and the connection say. `undefined` when it says something else, or is no target at all.
 */
export function originForm(target: string, { method, host, secure }: TargetContext): string | undefined {
  if (target === ASTERISK) return method === 'OPTIONS' ? ASTERISK : undefined;
  const [, scheme, authority, rest] = ABSOLUTE.exec(target) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) return undefined;
  if ((scheme.length === 'https'.length) !== secure) return undefined;
  if (host === undefined || !isSoundHost(authority) || !isSameHost(authority, host, secure)) return undefined;
  // RFC 9112, section 3.2.4: to OPTIONS a URI without path and query is the server.
  if (rest === '' && method === 'OPTIONS') return ASTERISK;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
