import type { Readable } from 'node:stream';
import type { Exchange } from './exchange.js';
import type { RawHeaders } from './raw-headers.js';

/** A request body that is still arriving from the client. Nothing is read before the forwarder has a connection. */
export interface StreamedBody {
  readonly stream: Readable;
  /** From the client's Content-Length; `undefined` means chunked. */
  readonly length: number | undefined;
}

/** No body, one in memory (replayable), or one that streams (sent once). */
export type RequestBody = undefined | Buffer | StreamedBody;

/** What goes on the wire to a target: everything is decided, the forwarder only frames it. */
export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form: path and query, percent-encoded, starting with `/`. */
  readonly path: string;
  /** `Host` first, end-to-end fields, the gateway's own last. No framing and no hop-by-hop fields. */
  readonly headers: RawHeaders;
  readonly body: RequestBody;
  /**
   * The exchange it is sent for; `undefined` for requests of the gateway's own, such as probes. Everything on the wire
   * is already in the other fields: this is for forwarders that run a team's own hooks on the client's request.
   */
  readonly origin?: Exchange | undefined;
}
