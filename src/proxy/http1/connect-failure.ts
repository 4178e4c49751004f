import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';

/**
 * The error of a connection that did not come to stand, or broke.
 *
 * `upstream-tls` is what fails once the target itself was reached: a certificate that does not hold, no version or
 * cipher in common, a certificate of ours that it does not take, or a hang-up before the handshake is through.
 */
export function connectionFailure(dialing: boolean, cause: Error | undefined): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError(codeOf(dialing, cause), { cause: told(cause) });
}

function codeOf(dialing: boolean, cause: Error | undefined): GatewayErrorCode {
  // What TLS itself finds wrong, early or late: since TLS 1.3 our certificate is refused after the handshake.
  if (hasCode(cause, 'ERR_SSL_')) return 'upstream-tls';
  if (!dialing) return 'upstream-reset';
  return cause === undefined || isOfTheNetwork(cause) ? 'upstream-unreachable' : 'upstream-tls';
}

/**
 * System errors carry their number; several, one for each address tried, come as an AggregateError.
 * Once there was something to read, the target was reached.
 */
function isOfTheNetwork(cause: Error): boolean {
  if (cause instanceof AggregateError || hasCode(cause, 'ERR_SOCKET_')) return true;
  const { errno, syscall } = cause as NodeJS.ErrnoException;
  return typeof errno === 'number' && syscall !== 'read';
}

const hasCode = (cause: Error | undefined, start: string): boolean =>
  (cause as NodeJS.ErrnoException | undefined)?.code?.startsWith(start) === true;

/** An AggregateError says nothing by itself: its parts say it, address by address. */
function told(cause: Error | undefined): Error | undefined {
  if (!(cause instanceof AggregateError)) return cause;
  const message = cause.errors.map((error: Error) => error.message).join('; ');
  return Object.assign(new Error(message, { cause }), { code: (cause as NodeJS.ErrnoException).code });
}
