import { Refusal } from '../refusal.js';

/**
 * Why a token is refused, with the sentence the client reads.
 * The sentence names the kind of fault and repeats nothing of the token; no quote and no backslash (RFC 6750, section 3).
 */
export const INTROSPECTION_REFUSALS = {
  missing: 'A bearer token is required.',
  repeated: 'The Authorization header was sent more than once.',
  malformed: 'The token is malformed.',
  inactive: 'The token is not active.',
  expired: 'The token has expired.',
  premature: 'The token is not valid yet.',
  issuer: 'The token issuer is not accepted.',
  audience: 'The token is meant for another audience.',
  kind: 'The token is not a bearer token for access.',
  answer: 'The token could not be understood.',
} as const;

export type IntrospectionRefusal = keyof typeof INTROSPECTION_REFUSALS;

/** The refusals of one method, each made once. The challenge is that of RFC 6750, section 3. */
export function introspectionRefusals(
  realm: string | undefined,
): Readonly<Record<IntrospectionRefusal, Refusal>> {
  const named = realm === undefined ? [] : [`realm="${realm}"`];
  const made = Object.entries(INTROSPECTION_REFUSALS).map(([name, detail]) => {
    const missing = name === 'missing';
    // RFC 6750, section 3.1: a request without a token is told how to authenticate, but no error.
    const error = missing ? [] : ['error="invalid_token"', `error_description="${detail}"`];
    const parts = [...named, ...error].join(', ');
    return [name, new Refusal(missing, detail, [parts === '' ? 'Bearer' : `Bearer ${parts}`])];
  });
  return Object.freeze(Object.fromEntries(made));
}
