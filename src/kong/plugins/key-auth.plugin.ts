import { REPEATED } from '../../policies/authenticate/credentials/repeated.js';
import type { KongKeyAuthCredential } from '../kong-configuration.js';
import type { OwnedCredential } from '../kong-consumers.js';
import {
  type AcceptedCredential,
  accepted,
  acceptedOnce,
  type CredentialRefusal,
} from './accepted-credential.js';
import { type Authentication, anonymousProblems, authenticationStage } from './authentication.stage.js';
import { KeySearch, type SentKey } from './key-auth/key.search.js';
import { challenge } from './kong-challenge.js';
import type { KongPluginMapping, PluginPlace } from './kong-plugin.js';

/** Kong's key-auth: keys of consumers, known by their digests alone. */
export const KEY_AUTH_PLUGIN: KongPluginMapping<'key-auth'> = {
  name: 'key-auth',
  priority: 1250,
  stage: 'identity',
  shared: true,
  check: anonymousProblems,
  compile: (place) => ({ before: authenticationStage(place, authentication(place)) }),
};

function authentication({ instance: { config }, consumers }: PluginPlace<'key-auth'>): Authentication {
  const search = new KeySearch(config);
  const headers = challenge('Key', config.realm);
  const refused = (reason: string, message: string): CredentialRefusal => ({ reason, message, headers });
  const missing = refused('key-missing', 'No API key found in request');
  const repeated = refused('several-keys', 'Duplicate API key found');
  const unknown = refused('key-unknown', 'Unauthorized');

  const judge = (key: string): AcceptedCredential | CredentialRefusal => {
    const owned = consumers.byApiKey(key);
    return owned === undefined ? unknown : acceptedKey(owned);
  };
  return {
    runOnPreflight: config.runOnPreflight,
    conceal: config.hideCredentials ? (exchange) => search.hideBeside(exchange) : undefined,
    authenticate(exchange) {
      const settle = (sent: SentKey) => {
        if (sent === undefined) return missing;
        if (sent === REPEATED) return repeated;
        const hidden = config.hideCredentials ? search.hide(exchange) : undefined;
        const outcome = sent === '' ? missing : judge(sent);
        return hidden instanceof Promise ? hidden.then(() => outcome) : outcome;
      };
      const sent = search.find(exchange);
      return sent instanceof Promise ? sent.then(settle) : settle(sent);
    },
  };
}

const acceptedKey = acceptedOnce(({ credential, owner }: OwnedCredential<KongKeyAuthCredential>) => {
  const parts = { method: 'key-auth', subject: owner.consumer.id };
  return accepted(parts, owner, credential.id, credential.id);
});
