import type { KongService } from '../../kong-configuration.js';
import { isHostOrAddress, withoutBrackets } from '../fields/name.kinds.js';
import { prefixFault } from '../fields/path.kinds.js';

/** Where a service is. */
export type ServiceAddress = Pick<KongService, 'protocol' | 'host' | 'port' | 'path'>;

const SHAPE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?([?#].*)?$/s;
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, grpc: 80, grpcs: 443 };
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::(\d{1,5}))?$/;

/**
 * The address that the shorthand `url` writes, or what is wrong with it, behind `url `. It never quotes the url: where
 * there are credentials in it, the message must not show them.
 */
export function serviceAddress(url: string): ServiceAddress | string {
  const [, scheme = '', authority = '', path, tail] = SHAPE.exec(url) ?? [];
  const protocol = scheme.toLowerCase();
  if (!isProtocol(protocol)) {
    return 'must be a URL that begins with http://, https://, grpc:// or grpcs://.';
  }
  if (/\$\{?[A-Za-z_]/.test(authority)) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: decK writes it so
    return 'holds a $NAME that nobody filled in; fill the file in first (envsubst), or write ${{ env "DECK_NAME" }}.';
  }
  if (authority.includes('@')) {
    return 'may hold no name or password; send them as a header, from the environment (request-transformer).';
  }
  if (tail !== undefined) return 'may have no query and no fragment; leave out what follows ? or #.';
  const [, rawHost = '', rawPort] = AUTHORITY.exec(authority) ?? [];
  const host = rawHost.toLowerCase();
  const port = rawPort === undefined ? (PORTS[protocol] as number) : Number(rawPort);
  if (!isHostOrAddress(host) || port < 1 || port > 65_535) {
    return 'must name a host, and a port of 1–65535 if any: http://users:3001/path.';
  }
  const wrong = path === undefined ? undefined : prefixFault(path);
  if (wrong !== undefined) return `has a path that must be ${wrong}.`;
  if (path !== undefined && path !== '/' && protocol.startsWith('grpc')) {
    return 'may have no path: calls of gRPC have their own.';
  }
  return {
    protocol,
    host: withoutBrackets(host),
    port,
    path: protocol.startsWith('grpc') ? undefined : path,
  };
}

function isProtocol(scheme: string): scheme is ServiceAddress['protocol'] {
  return Object.hasOwn(PORTS, scheme);
}
