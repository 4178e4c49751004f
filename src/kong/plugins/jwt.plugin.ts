import { type Clock, systemClock } from '../../contracts/clock.js';
import type { KongJwtConfig } from '../kong-plugins.js';
import type { CredentialRefusal } from './accepted-credential.js';
import { type Authentication, anonymousProblems, authenticationStage } from './authentication.stage.js';
import { FORM_FAULTS } from './jwt/opened-token.js';
import { SEVERAL, sentToken } from './jwt/sent-tokens.js';
import { type TokenFault, VerifiedToken } from './jwt/token.verifier.js';
import { TokenVerifiers } from './jwt/token.verifiers.js';
import { challenge } from './kong-challenge.js';
import type { KongPluginMapping, PluginPlace } from './kong-plugin.js';

/** Kong's jwt: tokens that are signed with a consumer's own credential. */
export const JWT_PLUGIN: KongPluginMapping<'jwt'> = jwtPlugin();

export function jwtPlugin(clock: Clock = systemClock): KongPluginMapping<'jwt'> {
  const verifiers = new TokenVerifiers(clock);
  return {
    name: 'jwt',
    priority: 1450,
    stage: 'identity',
    shared: true,
    check: anonymousProblems,
    compile: (place) => ({ before: authenticationStage(place, authentication(place, verifiers)) }),
  };
}

function authentication(
  { instance: { config }, consumers }: PluginPlace<'jwt'>,
  verifiers: TokenVerifiers,
): Authentication {
  const sent = sentToken(config);
  const verifier = verifiers.of(config, consumers);
  const refusals = refusalsOf(config);
  const { headers } = refusals.signature;
  return {
    runOnPreflight: config.runOnPreflight,
    messageOnly: true,
    authenticate(exchange) {
      const token = sent(exchange);
      if (token === undefined) return refusals.missing;
      if (token === SEVERAL) return refusals.several;
      const verified = verifier.verify(token, exchange.req.socket);
      if (verified instanceof VerifiedToken) return verified.accepted;
      if (typeof verified === 'string') return refusals[verified];
      return { reason: 'claim', message: verified, headers };
    },
  };
}

/** Kong's sentences. None of them repeats anything of a token. */
function refusalsOf({
  keyClaimName,
  realm,
}: KongJwtConfig): Readonly<Record<TokenFault | 'missing' | 'several', CredentialRefusal>> {
  const invalid = challenge('Bearer', realm, 'invalid_token');
  const refused = (reason: string, message: string): CredentialRefusal => ({
    reason,
    message,
    headers: invalid,
  });
  return {
    missing: { reason: 'token-missing', message: 'Unauthorized', headers: challenge('Bearer', realm) },
    several: refused('several-tokens', 'Multiple tokens provided'),
    json: refused('token-malformed', FORM_FAULTS.json),
    alg: refused('token-malformed', FORM_FAULTS.alg),
    header: refused('token-malformed', FORM_FAULTS.header),
    'no-key-claim': refused('key-claim-missing', `No mandatory '${keyClaimName}' in claims`),
    'empty-key-claim': refused('key-claim-missing', `Invalid '${keyClaimName}' in claims`),
    'unknown-key': refused('credential-unknown', `No credentials found for given '${keyClaimName}'`),
    algorithm: refused('algorithm', 'Invalid algorithm'),
    'unusable-key': refused('key-unusable', 'Invalid key/secret'),
    signature: refused('signature', 'Invalid signature'),
  };
}
