import type { KongPlugin } from '../kong-plugins.js';
import { keyHeaderNames } from '../plugins/key-auth/key-header.names.js';
import type { CredentialPlaces } from '../plugins/kong-plugin.js';

/** Where requests of a route may carry credentials, as its authentication plugins say: what no log may show. */
export function credentialPlaces(plugins: readonly KongPlugin[]): CredentialPlaces {
  const headers: string[] = [];
  const query: string[] = [];
  const cookies: string[] = [];
  for (const plugin of plugins) {
    switch (plugin.name) {
      case 'jwt':
        headers.push(...plugin.config.headerNames);
        query.push(...plugin.config.uriParamNames);
        cookies.push(...plugin.config.cookieNames);
        break;
      case 'key-auth':
        // Also where the plugin does not look: a key that was sent to the wrong place is a key.
        headers.push(...plugin.config.keyNames.flatMap(keyHeaderNames));
        query.push(...plugin.config.keyNames);
        break;
      case 'basic-auth':
        headers.push('authorization', 'proxy-authorization');
        break;
      default:
        break;
    }
  }
  return { headers, query, cookies };
}
