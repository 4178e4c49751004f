import type { Clock } from '../../../contracts/clock.js';
import type { DownstreamLine } from '../../../contracts/downstream.js';
import { recallLast, rememberLast } from '../../../policies/authenticate/jwt/connection-memo.js';
import type { Remembered } from '../../../policies/authenticate/jwt/remembered.js';
import { TokenMemo } from '../../../policies/authenticate/jwt/token-memo.js';
import { scopesOf } from '../../../policies/authenticate/scopes.js';
import { jwtCredentialKey } from '../../consumers/jwt-credential.key.js';
import type { KongConsumers } from '../../kong-consumers.js';
import { type AcceptedCredential, accepted } from '../accepted-credential.js';
import { type ClaimFaults, checkTimes, isValidTime, type TimeRules, type ValidTime } from './claim-times.js';
import { type FormFault, type OpenedToken, openToken } from './opened-token.js';

/** What decides about a token; two instances that agree in all of it share what they remember. */
export interface TokenRules extends TimeRules {
  readonly keyClaimName: string;
  readonly secretIsBase64: boolean;
}

export type TokenFault =
  | FormFault
  | 'no-key-claim'
  | 'empty-key-claim'
  | 'unknown-key'
  | 'algorithm'
  | 'unusable-key'
  | 'signature';

/** A token that was verified once. */
export class VerifiedToken implements Remembered {
  constructor(
    readonly accepted: AcceptedCredential,
    private readonly time: ValidTime,
  ) {}

  /** Both ends are asked: the wall clock can be set back. */
  holdsAt(nowMs: number): boolean {
    return nowMs < this.time.expiresAtMs && nowMs >= this.time.validFromMs;
  }
}

/**
 * Decides about tokens by the credentials of consumers, and remembers those it believes for as long as they hold: on the
 * connection they came on, then by digest. It serves one set of rules and one list of consumers; others have their own.
 */
export class TokenVerifier {
  readonly #mark = Object.freeze({});
  readonly #memo = new TokenMemo<VerifiedToken>();

  constructor(
    private readonly rules: TokenRules,
    private readonly consumers: KongConsumers,
    private readonly clock: Clock,
  ) {}

  verify(token: string, line: DownstreamLine): VerifiedToken | TokenFault | ClaimFaults {
    const now = this.clock.now();
    const last = recallLast<VerifiedToken>(line, this.#mark, token);
    if (last?.holdsAt(now)) return last;
    const digest = TokenMemo.keyOf(token);
    const verified = this.#memo.recall(digest, now) ?? this.#decide(token, now);
    if (!(verified instanceof VerifiedToken)) return verified;
    this.#memo.remember(digest, verified);
    rememberLast(line, this.#mark, token, verified);
    return verified;
  }

  /** 1. form 2. whose it is 3. algorithm and key 4. signature 5. times */
  #decide(token: string, nowMs: number): VerifiedToken | TokenFault | ClaimFaults {
    // 1.
    const opened = openToken(token);
    if (typeof opened === 'string') return opened;
    // 2.
    const name = this.#keyClaim(opened);
    if (name === undefined) return 'no-key-claim';
    if (name === '') return 'empty-key-claim';
    const owned = typeof name === 'string' ? this.consumers.byJwtKey(name) : undefined;
    if (owned === undefined) return 'unknown-key';
    // 3.
    const { credential, owner } = owned;
    if (opened.algorithm !== credential.algorithm) return 'algorithm';
    const { key } = jwtCredentialKey(credential, this.rules.secretIsBase64);
    if (key === undefined) return 'unusable-key';
    // 4.
    const { signingInput, signature } = opened.jws;
    if (!key.verifies(opened.algorithm, signingInput, signature)) return 'signature';
    // 5.
    const { claims } = opened;
    const time = checkTimes(claims, this.rules, nowMs);
    if (!isValidTime(time)) return time;
    const { sub } = claims;
    const scopes = scopesOf(claims['scope'] ?? claims['scp']);
    const parts = { method: 'jwt', subject: typeof sub === 'string' ? sub : undefined, scopes, claims };
    return new VerifiedToken(accepted(parts, owner, credential.id, credential.key), time);
  }

  /** In the payload, else in the header. */
  #keyClaim({ claims, header }: OpenedToken): unknown {
    const { keyClaimName } = this.rules;
    return ownValue(claims, keyClaimName) ?? ownValue(header, keyClaimName);
  }
}

/** To Lua `false` is nothing as well. */
function ownValue(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return value === null || value === false ? undefined : value;
}
