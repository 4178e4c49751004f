import { randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The id that Kong gives a request: 32 hexadecimal digits. Where the correlation id is a UUID it is the same number, so
 * that whoever has one finds the other; any other correlation id gets a fresh one beside it.
 */
export function kongRequestId(correlationId: string): string {
  const uuid = UUID.test(correlationId) ? correlationId.toLowerCase() : randomUUID();
  // Cut where the dashes are known to stand: every request of a Kong route comes by here.
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24);
}
