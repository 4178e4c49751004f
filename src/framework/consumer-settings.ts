import type { GatewaySettings } from '../config/gateway-settings.js';
import type { ApiKeySettings } from '../policies/authenticate/api-key/api-key.stores.js';
import type { ConsumerSettings } from '../policies/authenticate/consumers/consumer.sources.js';

/** What the settings hold of consumers, in the words of the identity policy. */
export function consumerTexts({ consumers }: GatewaySettings): Pick<ConsumerSettings, 'file' | 'keys'> {
  return { file: consumers.file?.reveal(), keys: consumers.apiKeys?.reveal() };
}

/** How API keys are looked up, in the words of the identity policy. */
export function apiKeySettings({ consumers }: GatewaySettings): ApiKeySettings {
  return {
    store: consumers.apiKeyStore,
    cacheMs: consumers.apiKeyCacheMs,
    staleMs: consumers.apiKeyStaleMs,
  };
}
