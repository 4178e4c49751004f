/**
 * What the client used to reach us, as trusted proxies in between tell it. It is told on to upstreams, and a page's
 * `Origin` is compared with its host; no route and no target is made of it. A declared route asks it for the scheme, and
 * sends clients to https under its host. A part nobody named is `undefined`.
 */
export interface ForwardedOrigin {
  readonly proto: 'http' | 'https' | undefined;
  /** A valid `Host` value. */
  readonly host: string | undefined;
  /** A decimal number, 1–65535. */
  readonly port: string | undefined;
}
