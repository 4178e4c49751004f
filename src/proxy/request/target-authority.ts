import type { Target } from '../../contracts/forwarder.js';

/** The `Host` a target is called by: the port is left out where the scheme implies it (RFC 9110, sections 4.2.1 and 7.2). */
export function targetAuthority(target: Target): string {
  const host = target.host.includes(':') && !target.host.startsWith('[') ? `[${target.host}]` : target.host;
  return target.port === (target.tls ? 443 : 80) ? host : `${host}:${target.port}`;
}
