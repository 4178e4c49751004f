import { GatewayError } from '../../../contracts/gateway-error.js';

/** What clients are told to wait: a store that returns is used again sooner. */
const RETRY_AFTER_SECONDS = 2;

/** The refusal of a limit whose store cannot be asked. `cause` is for the log alone. */
export function limitsUnavailable(cause?: unknown): GatewayError {
  return new GatewayError('limits-unavailable', {
    policy: 'rate-limit',
    detail: 'Rate limits cannot be checked at the moment.',
    headers: ['Retry-After', String(RETRY_AFTER_SECONDS)],
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Hands on what a store rejected with: as it is where it is an answer to clients, else as the refusal of its limit. */
export function storeRejected(cause: unknown): never {
  throw cause instanceof GatewayError ? cause : limitsUnavailable(cause);
}
