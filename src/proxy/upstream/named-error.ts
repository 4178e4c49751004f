import { GatewayError, type GatewayErrorCode } from '../../contracts/gateway-error.js';

/** What a client reads for each way an attempt fails. No sentence of a forwarder's passes: it could hold an address. */
const DETAILS: Partial<Record<GatewayErrorCode, (upstream: string) => string>> = {
  'upstream-unreachable': (upstream) => `${upstream} could not be reached.`,
  'upstream-tls': (upstream) => `No secure connection to ${upstream} could be made.`,
  'upstream-reset': (upstream) => `${upstream} closed the connection early.`,
  'upstream-protocol': (upstream) => `${upstream} sent an invalid response.`,
  'upstream-body': (upstream) => `The body ${upstream} sent could not be processed.`,
  'upstream-connect-timeout': (upstream) => `${upstream} did not accept the connection in time.`,
  'upstream-timeout': (upstream) => `${upstream} did not answer in time.`,
  overloaded: (upstream) => `All connections to ${upstream} are busy.`,
};

/**
 * The error under the upstream's declared name; the forwarder's own, which may tell addresses, becomes its cause.
 * Errors that are not about an upstream, such as the client's leaving, stay as they are.
 */
export function namedError(error: GatewayError, upstream: string): GatewayError {
  const detail = DETAILS[error.code];
  if (detail === undefined) return error;
  return new GatewayError(error.code, {
    upstream,
    detail: detail(upstream),
    headers: error.headers,
    // What happened underneath says more in the log than the forwarder's name for it.
    cause: error.cause ?? error,
  });
}
