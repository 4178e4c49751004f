import type { UpstreamResponse } from './upstream-response.js';

/** Thrown by a stage that answers the request itself: no stage behind it runs, nor the handler, and it is no error. */
export class EarlyAnswer extends Error {
  override readonly name = 'EarlyAnswer';

  constructor(readonly response: UpstreamResponse) {
    super('A stage answered the request.');
  }
}
