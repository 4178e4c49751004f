import { GATEWAY_ERRORS } from '../../../src/contracts/gateway-error.js';
import { table } from './tables.js';

/** Writes `errors`: every error the gateway itself can answer with. */
export function errorsRegion(): string {
  return table(
    ['Code', 'Status', 'Source', 'Retryable', 'Title'],
    Object.entries(GATEWAY_ERRORS).map(([code, { status, source, retryable, title }]) => [
      `[\`${code}\`](#${code})`,
      String(status),
      source,
      retryable ? 'yes' : 'no',
      title,
    ]),
  );
}
