import type { ClientHttp2Stream } from 'node:http2';
import { addAbortSignal, Readable } from 'node:stream';

/**
 * Resets a stream whose request body is unfinished (CANCEL). Node's `close` would end the body before it resets the
 * stream, and an upstream that hears the end first takes half an upload for the whole.
 */
export function abandonUpload(stream: ClientHttp2Stream): void {
  stream.destroy(ABORTED);
}

/** Of all errors Node takes only its own AbortError for CANCEL, and hands it out through an aborted stream alone. */
const ABORTED = abortError();

function abortError(): Error {
  const probe = new Readable({ read: () => {} });
  probe.on('error', () => {});
  addAbortSignal(AbortSignal.abort(), probe);
  return probe.errored ?? new Error('The request was given up.');
}
