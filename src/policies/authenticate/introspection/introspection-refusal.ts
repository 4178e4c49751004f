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
