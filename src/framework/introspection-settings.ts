import type { GatewaySettings } from '../config/gateway-settings.js';
import type { IntrospectionSettings } from '../policies/authenticate/introspection/introspection.settings.js';

/** What the settings say about the server that is asked about tokens, in the words of the identity policy. */
export function introspectionSettings({ introspection }: GatewaySettings): IntrospectionSettings | undefined {
  if (introspection === undefined) return undefined;
  const { url, clientId, clientSecret } = introspection;
  return { url, clientId, clientSecret: clientSecret.reveal() };
}
