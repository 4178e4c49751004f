import type { GatewayError } from '../../contracts/gateway-error.js';

/** Sends a request body that did not fit the head's write. */
export interface RequestSender {
  /** The upstream takes no more for now; otherwise the client is the one being waited for. */
  readonly blocked: boolean;
  /** Writes the head and begins with the body. */
  start(head: string): void;
  /** The socket takes bytes again. */
  drained(): void;
  /** Nobody wants the rest. Nothing is reported after this. */
  abandon(): void;
}

/** What a sender reports to its connection. */
export interface RequestSenderOwner {
  /** Bytes went from the client to the socket. */
  bodyMoved(): void;
  /** The last byte was handed to the socket. */
  bodySent(): void;
  bodyFailed(error: GatewayError): void;
}
