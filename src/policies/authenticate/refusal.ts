import { GatewayError } from '../../contracts/gateway-error.js';
import { AUTHENTICATE } from './authenticate.options.js';

/** Why a method accepted nobody: an outcome, not an error, because another method may still accept the request. */
export class Refusal {
  constructor(
    /** Nothing that looks like this method's credential was sent. */
    readonly missing: boolean,
    /** A sentence for the client that repeats nothing of the credential. */
    readonly detail: string,
    /** Values of `WWW-Authenticate`, one for each way in (RFC 9110, section 11.6.1). */
    readonly challenges: readonly string[],
  ) {}
}

/** The 401 that a refusal ends in. */
export function unauthenticated({ detail, challenges }: Refusal): GatewayError {
  return new GatewayError('unauthenticated', {
    detail,
    headers: challenges.flatMap((challenge) => ['WWW-Authenticate', challenge]),
    policy: AUTHENTICATE,
  });
}
