import type { GatewayError } from '../../contracts/gateway-error.js';

/** A request body while it is sent. */
export interface Upload {
  /** The upstream takes no more for now; otherwise the client is the one being waited for. */
  readonly blocked: boolean;
  /** The upstream takes bytes again. */
  drained(): void;
  /** Nobody wants the rest. Nothing is reported after this. */
  abandon(): void;
}

/** What an upload reports. */
export interface UploadOwner {
  /** Bytes went from the client to the upstream. */
  bodyMoved(): void;
  /** The last byte was handed on. */
  bodySent(): void;
  bodyFailed(error: GatewayError): void;
}
