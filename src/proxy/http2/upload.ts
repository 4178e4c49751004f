import type { GatewayError } from '../../contracts/gateway-error.js';

/** Sends a request body on a stream. */
export interface Upload {
  /** The upstream takes no more for now; otherwise the client is the one being waited for. */
  readonly blocked: boolean;
  start(): void;
  /** The stream takes bytes again. */
  drained(): void;
  /** Nobody wants the rest. Nothing is reported after this. */
  abandon(): void;
}

/** What an upload reports. */
export interface UploadOwner {
  /** Bytes went from the client to the stream. */
  bodyMoved(): void;
  /** The last byte was handed to the stream. */
  bodySent(): void;
  bodyFailed(error: GatewayError): void;
}
