import { randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The id that Kong gives a request: 32 hexadecimal digits. Where the correlation id is a UUID it is the same number, so
 * that whoever has one finds the other; any other correlation id gets a fresh one beside it.
 */
export function kongRequestId(correlationId: string): string {
  const uuid = UUID.test(correlationId) ? correlationId.toLowerCase() : randomUUID();
  return uuid.replaceAll('-', '');
}
