import { GatewayError } from '../../contracts/gateway-error.js';

/** The error of a response that cannot be read in exactly one way; the reason is for the log, not for the client. */
export const malformed = (reason: string): GatewayError =>
  new GatewayError('upstream-protocol', { cause: new Error(reason) });
