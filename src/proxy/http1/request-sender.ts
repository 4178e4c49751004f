import type { Upload } from '../request/upload.js';

/** Sends a request body that did not fit the head's write. */
export interface RequestSender extends Upload {
  /** Writes the head and begins with the body. */
  start(head: string): void;
}
