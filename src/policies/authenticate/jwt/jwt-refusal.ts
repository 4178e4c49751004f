/**
 * Why a token is refused, with the sentence the client reads.
 * The sentence names the kind of fault and repeats nothing of the token; no quote and no backslash (RFC 6750, section 3).
 */
export const JWT_REFUSALS = {
  missing: 'A bearer token is required.',
  repeated: 'The Authorization header was sent more than once.',
  several: 'More than one token was sent.',
  malformed: 'The token is malformed.',
  header: 'The token header is not acceptable.',
  algorithm: 'The token algorithm is not accepted.',
  'unknown-key': 'The token names no key of its issuer.',
  'ambiguous-key': 'The token does not say which key of its issuer it was signed with.',
  signature: 'The token signature does not verify.',
  payload: 'The token payload is malformed.',
  expiry: 'The token has no valid expiry.',
  expired: 'The token has expired.',
  premature: 'The token is not valid yet.',
  time: 'A time in the token is not a valid number.',
  issuer: 'The token issuer is not accepted.',
  audience: 'The token is meant for another audience.',
  subject: 'The token subject is not a string.',
  claim: 'A claim that is required is missing or not accepted.',
  consumer: 'The token belongs to no consumer that is known.',
} as const;

export type JwtRefusal = keyof typeof JWT_REFUSALS;

/** Faults of the request rather than of a token (RFC 6750, section 3.1). */
export const REQUEST_FAULTS: ReadonlySet<JwtRefusal> = new Set(['repeated', 'several']);
