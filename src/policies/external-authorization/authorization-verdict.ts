import { checkHeaderValue } from '../../contracts/forward-call.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { CappedAnswer } from '../outbound/capped-fetch.js';
import { UnusableAnswer } from '../outbound/unusable-answer.js';

/** What the server decided about a question. */
export type AuthorizationVerdict =
  /** The request passes, with these fields for the upstream. */
  | { readonly kind: 'allowed'; readonly fields: readonly HeaderEdit[] }
  /** Who asks must say who they are, or be someone else. */
  | { readonly kind: 'unauthenticated'; readonly challenge: string }
  | { readonly kind: 'denied' };

/** All fields for the upstream together: what is remembered stays small. */
const FIELDS_MAX_LENGTH = 4_096;
const CHALLENGE_MAX_LENGTH = 1_024;
/** RFC 9110, section 11.6.1: a 401 has a challenge. For a server that sent none. */
const ANY_CHALLENGE = 'Bearer';
const DENIED: AuthorizationVerdict = Object.freeze({ kind: 'denied' });

/** Reads an answer. @throws UnusableAnswer when it decides nothing */
export function verdictOf(
  { status, headers }: Pick<CappedAnswer, 'status' | 'headers'>,
  upstreamHeaders: readonly string[],
): AuthorizationVerdict {
  if (status >= 200 && status < 300) return { kind: 'allowed', fields: fieldsOf(headers, upstreamHeaders) };
  if (status === 403) return DENIED;
  if (status === 401) return { kind: 'unauthenticated', challenge: challengeOf(headers) };
  throw UnusableAnswer.ofStatus(status);
}

function fieldsOf(headers: Headers, names: readonly string[]): readonly HeaderEdit[] {
  let length = 0;
  const fields = names.flatMap((name): HeaderEdit[] => {
    const value = headers.get(name);
    if (value === null) return [];
    length += value.length;
    if (!isSendable(value)) throw new UnusableAnswer(`The answer has no sound ${name}.`, 'server');
    return [{ kind: 'set', name, value }];
  });
  if (length > FIELDS_MAX_LENGTH) {
    throw new UnusableAnswer('The answer has more for the upstream than it may.', 'server');
  }
  return Object.freeze(fields);
}

function challengeOf(headers: Headers): string {
  const challenge = headers.get('www-authenticate') ?? '';
  return challenge !== '' && challenge.length <= CHALLENGE_MAX_LENGTH && isSendable(challenge)
    ? challenge
    : ANY_CHALLENGE;
}

function isSendable(value: string): boolean {
  try {
    checkHeaderValue('', value);
    return true;
  } catch {
    return false;
  }
}
