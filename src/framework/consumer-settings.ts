import type { GatewaySettings } from '../config/gateway-settings.js';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { ApiKeySettings } from '../policies/authenticate/api-key/api-key.stores.js';
import type { ConsumerDeclaration } from '../policies/authenticate/consumers/consumer.declaration.js';
import { ConsumerReader } from '../policies/authenticate/consumers/consumer.reader.js';
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

/** What the gateway would say of these consumers, for the command line. */
export function consumerProblems(declared: readonly ConsumerDeclaration[]): readonly ConfigProblem[] {
  const reader = new ConsumerReader('consumers');
  reader.list(declared, 'consumers');
  return reader.problems;
}
