import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';

/** How far an attempt had come when it failed. */
export interface FailedAttempt {
  readonly upstream: string;
  /** The connection was asked for and does not stand yet. */
  readonly dialing: boolean;
  /** A timeout of the team's own options destroyed the request. */
  readonly timedOut: boolean;
}

/** System and parser errors of node that mean the upstream failed; what is not listed is a fault on our side. */
const CODES: Readonly<Record<string, GatewayErrorCode>> = {
  ECONNREFUSED: 'upstream-unreachable',
  ENOTFOUND: 'upstream-unreachable',
  EAI_AGAIN: 'upstream-unreachable',
  EHOSTUNREACH: 'upstream-unreachable',
  ENETUNREACH: 'upstream-unreachable',
  ETIMEDOUT: 'upstream-timeout',
  ECONNRESET: 'upstream-reset',
  ECONNABORTED: 'upstream-reset',
  EPIPE: 'upstream-reset',
};

/** The gateway's error for what the middleware reported; the original, which may tell addresses, is its cause. */
export function forwardError(error: unknown, attempt: FailedAttempt): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError(codeOf(error, attempt), {
    upstream: attempt.upstream,
    ...(error == null ? {} : { cause: error }),
  });
}

function codeOf(error: unknown, attempt: FailedAttempt): GatewayErrorCode {
  if (attempt.timedOut) return attempt.dialing ? 'upstream-connect-timeout' : 'upstream-timeout';
  // The middleware closes a response without an error when the upstream's ended before it was complete.
  if (error == null) return 'upstream-reset';
  const { code } = error as { code?: unknown };
  // Whatever happens during the dial, a refused certificate included, no connection came of it.
  if (attempt.dialing) return code === 'ETIMEDOUT' ? 'upstream-connect-timeout' : 'upstream-unreachable';
  if (typeof code !== 'string') return 'internal';
  return code.startsWith('HPE_') ? 'upstream-protocol' : (CODES[code] ?? 'internal');
}
