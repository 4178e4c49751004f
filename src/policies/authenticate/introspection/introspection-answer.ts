import { type JsonObject, parseStrictObject } from '../../../contracts/strict-json.js';
import type { CappedAnswer } from '../../outbound/capped-fetch.js';
import { UnusableAnswer } from '../../outbound/unusable-answer.js';
import { isMeantFor, isNumericDate } from '../registered-claims.js';
import type { IntrospectionRefusal } from './introspection-refusal.js';

/** What an answer must say beyond `active`. */
export interface AnswerRules {
  readonly issuer: string | undefined;
  readonly audience: readonly string[] | undefined;
  readonly clockSkewMs: number;
}

/** An active token as its issuer described it, and the time in which that holds. */
export interface ActiveToken {
  readonly claims: JsonObject;
  /** Milliseconds since the epoch, the skew included. */
  readonly validFromMs: number;
  /** The first millisecond at which it no longer holds; Infinity where the issuer named no end. */
  readonly expiresAtMs: number;
}

/**
 * Reads an answer (RFC 7662, section 2.2): 200, JSON without a name that stands twice, `active` true or false.
 *
 * @throws Error when it is none: then nothing is known of the token
 */
export function readIntrospection({ status, headers, body }: CappedAnswer): JsonObject {
  if (status !== 200) throw UnusableAnswer.ofStatus(status);
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new Error('The introspection endpoint did not answer with JSON.');
  const answer = parseStrictObject(body);
  if (answer === undefined) throw new Error('The introspection endpoint did not answer with a sound object.');
  if (typeof answer['active'] !== 'boolean')
    throw new Error('The introspection answer says nothing of active.');
  return answer;
}

/** Judges a sound answer: 1. active, 2. its types, 3. its time, 4. whom it is from and for, 5. what kind it is. */
export function judgeToken(
  answer: JsonObject,
  rules: AnswerRules,
  nowMs: number,
): ActiveToken | IntrospectionRefusal {
  // 1.
  if (answer['active'] !== true) return 'inactive';
  // 2. A claim of another type was not written by this grammar: what it means is a guess.
  const { exp, nbf, iat, iss, aud } = answer;
  if (![exp, nbf, iat].every(isNumericDateOrAbsent)) return 'answer';
  if (!TEXTS.every((name) => isTextOrAbsent(answer[name]))) return 'answer';
  // 3.
  const expiresAtMs =
    exp === undefined ? Number.POSITIVE_INFINITY : (exp as number) * 1_000 + rules.clockSkewMs;
  const validFromMs = nbf === undefined ? 0 : (nbf as number) * 1_000 - rules.clockSkewMs;
  if (nowMs >= expiresAtMs) return 'expired';
  if (nowMs < validFromMs) return 'premature';
  // 4.
  if (rules.issuer !== undefined && iss !== rules.issuer) return 'issuer';
  if (rules.audience !== undefined && !isMeantFor(aud, rules.audience)) return 'audience';
  // 5.
  if (!isBearer(answer)) return 'kind';
  return { claims: answer, validFromMs, expiresAtMs };
}

const TEXTS = ['sub', 'client_id', 'scope', 'username', 'token_type', 'iss', 'jti'] as const;

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isNumericDateOrAbsent = (value: unknown): boolean => value === undefined || isNumericDate(value);

/**
 * A token that is bound to a key (`cnf`: RFC 8705, section 3.2, RFC 9449, section 6.2) is worth nothing without a proof
 * of that key, which nobody asks for here; and refresh tokens are active too.
 */
function isBearer({ token_type: type, token_use: use, cnf }: JsonObject): boolean {
  if (cnf !== undefined || use === 'refresh_token') return false;
  return type === undefined || (type as string).toLowerCase() === 'bearer';
}
