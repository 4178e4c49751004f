import { isUtf8 } from 'node:buffer';
import type { Exchange } from '../../contracts/exchange.js';
import {
  basicToken,
  CREDENTIALS_LIMIT_CHARACTERS,
} from '../../policies/authenticate/basic/basic-credentials.js';
import { sentCredential } from '../../policies/authenticate/credentials/sent-credential.js';
import { isPasswordOf } from '../consumers/basic-password.js';
import type { KongBasicAuthCredential } from '../kong-configuration.js';
import type { OwnedCredential } from '../kong-consumers.js';
import { accepted, acceptedOnce, type CredentialRefusal } from './accepted-credential.js';
import { type Authentication, anonymousProblems, authenticationStage } from './authentication.stage.js';
import { challenge } from './kong-challenge.js';
import type { KongPluginMapping, PluginPlace } from './kong-plugin.js';

/** Kong's basic-auth: user names and passwords of consumers. */
export const BASIC_AUTH_PLUGIN: KongPluginMapping<'basic-auth'> = {
  name: 'basic-auth',
  priority: 1100,
  stage: 'identity',
  shared: true,
  check: anonymousProblems,
  compile: (place) => ({ before: authenticationStage(place, authentication(place)) }),
};

/** Kong takes the first before the second. */
const PROXY_AUTHORIZATION = sentCredential([{ header: 'Proxy-Authorization' }], { quotedCookies: false });
const AUTHORIZATION = sentCredential([{ header: 'Authorization' }], { quotedCookies: false });

function authentication({ instance: { config }, consumers }: PluginPlace<'basic-auth'>): Authentication {
  const headers = challenge('Basic', config.realm);
  const refused = (reason: string): CredentialRefusal => ({ reason, message: 'Unauthorized', headers });
  const missing = refused('credentials-missing');
  const wrong = refused('credentials-wrong');

  return {
    conceal: config.hideCredentials ? hideBasic : undefined,
    authenticate(exchange) {
      const { call } = exchange;
      // Proxy-Authorization never goes on, whatever the configuration says.
      if (config.hideCredentials && call !== undefined) exchange.call = call.withoutHeader('Authorization');
      const first = sentPair(PROXY_AUTHORIZATION(exchange));
      let owned = first === undefined ? undefined : consumers.byBasicUsername(first.username);
      const pair = owned === undefined ? (sentPair(AUTHORIZATION(exchange)) ?? first) : first;
      if (pair === undefined) return missing;
      owned ??= consumers.byBasicUsername(pair.username);
      return isPasswordOf(owned, pair.password) ? acceptedPair(owned) : wrong;
    },
  };
}

interface SentPair {
  readonly username: string;
  /** As bytes: a hash of Kong's is of these, in whatever encoding the client has. */
  readonly password: Buffer;
}

/** The two halves of `Basic …`; `undefined` for everything else, two such fields included. */
function sentPair(sent: string | symbol | undefined): SentPair | undefined {
  const token = typeof sent === 'string' ? basicToken(sent) : undefined;
  if (token === undefined || token.length > CREDENTIALS_LIMIT_CHARACTERS) return undefined;
  const bytes = Buffer.from(token, 'base64');
  // Node's decoder skips what it does not know. Kong takes a token without its padding.
  if (bare(bytes.toString('base64')) !== bare(token)) return undefined;
  const colon = bytes.indexOf(':');
  if (colon <= 0 || !isUtf8(bytes.subarray(0, colon))) return undefined;
  return { username: bytes.toString('utf8', 0, colon), password: bytes.subarray(colon + 1) };
}

const bare = (base64: string): string => base64.replace(/=+$/, '');

/** Another scheme's credentials may be those that were accepted, and are not this plugin's to take out. */
function hideBasic(exchange: Exchange): void {
  const sent = AUTHORIZATION(exchange);
  const own = typeof sent === 'string' ? basicToken(sent) !== undefined : sent !== undefined;
  if (own) exchange.call = exchange.call?.withoutHeader('Authorization');
}

const acceptedPair = acceptedOnce(({ credential, owner }: OwnedCredential<KongBasicAuthCredential>) => {
  const { id, username } = credential;
  return accepted({ method: 'basic-auth', subject: username }, owner, id, username);
});
