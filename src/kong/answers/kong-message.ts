import type { GatewayError, GatewayErrorCode } from '../../contracts/gateway-error.js';

/** What Kong says by status (kong/pdk/response.lua, HTTP_ERROR_MESSAGES). */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  411: 'Length required',
  413: 'Payload too large',
  414: 'URI too long',
  417: 'Expectation failed',
  421: 'Misdirected request',
  426: 'Upgrade required',
  429: 'Too many requests',
  431: 'Request header fields too large',
  500: 'An unexpected error occurred',
  502: 'An invalid response was received from the upstream server',
  503: 'The upstream server is currently unavailable',
  504: 'The upstream server is timing out',
};

/** Where Kong has better words than the status's. */
const BY_CODE: Partial<Readonly<Record<GatewayErrorCode, string>>> = {
  'route-not-found': 'no Route matched with those values',
  'body-too-large': 'Request size limit exceeded',
  'rate-limited': 'API rate limit exceeded',
};

/** What the system says of a name that has no address. */
const UNRESOLVED: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA']);

/** What Kong answers to an error of the gateway's own: no upstream and no cause is named. */
export function kongWords(error: GatewayError): { readonly status: number; readonly message: string } {
  const { code, status } = error;
  // kong/runloop/balancer/init.lua: before there is an address, nothing was received from anybody.
  if (code === 'upstream-unreachable' && UNRESOLVED.has((error.cause as NodeJS.ErrnoException)?.code)) {
    return { status: 503, message: 'name resolution failed' };
  }
  const message = BY_CODE[code] ?? BY_STATUS[status] ?? `The upstream server responded with ${status}`;
  return { status, message };
}
