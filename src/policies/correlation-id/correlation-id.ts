import { randomUUID } from 'node:crypto';
import type { RawHeaders } from '../../contracts/raw-headers.js';

/** The header that carries an exchange's id to the upstream, into the log and back to the client. */
export const CORRELATION_HEADER = 'X-Correlation-ID';
/** The same, for comparing with folded names. */
export const CORRELATION_FIELD = 'x-correlation-id';

/** Safe in a log line, a header and a shell: nothing to quote, nothing to escape. */
const ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Whether a value may be used as a correlation id as it is. */
export function isCorrelationId(value: string): boolean {
  return ID.test(value);
}

/** A fresh id: a version 4 UUID. Node draws entropy for many at once, so one costs about 0.1 µs. */
export function mintCorrelationId(): string {
  return randomUUID();
}

/**
 * The id of a request: the client's own when it sent exactly one valid field, else a fresh one.
 * Two fields are no id, even when they agree: the next hop might read the other one.
 */
export function adoptOrMint(headers: RawHeaders): string {
  return writtenCorrelationId(headers) ?? mintCorrelationId();
}

/** The one valid correlation id among header fields; `undefined` when there is none, or more than one field. */
export function writtenCorrelationId(headers: RawHeaders): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== CORRELATION_FIELD.length || name.toLowerCase() !== CORRELATION_FIELD) continue;
    if (found !== undefined) return undefined;
    found = headers[i + 1] as string;
  }
  return found !== undefined && isCorrelationId(found) ? found : undefined;
}
