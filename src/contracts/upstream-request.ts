import type { Readable } from 'node:stream';
import type { Exchange } from './exchange.js';
import type { HeaderEdit } from './header-edit.js';
import type { RawHeaders } from './raw-headers.js';

/** A request body that is still arriving from the client. Nothing is read before somebody wants it. */
export interface StreamedBody {
  readonly stream: Readable;
  /** From the client's Content-Length; `undefined` means chunked. */
  readonly length: number | undefined;
  /** All of it, once a forwarder gathered it: the stream is empty then, and the request can be sent again. */
  whole?: Buffer;
}

/** No body, one in memory (replayable), or one that streams (sent once, unless it was gathered). */
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
  /**
   * Whether it is the client's own request: then the client hears of informational responses to it. A function hears of
   * them where there is no exchange. Default false.
   */
  readonly informs?: boolean | ((status: number, headers: RawHeaders) => void);
  /** Trailer fields of the request, once its body is over, where there is no exchange to ask for them. */
  readonly rawTrailers?: () => RawHeaders;
  /** Whether it asks the upstream for a WebSocket: the forwarder writes the upgrade itself. Default false. */
  readonly upgrade?: boolean;
  /** Whether trailer fields of the answer are of use, and so asked for (RFC 9110, section 10.1.4). Default false. */
  readonly trailers?: boolean;
  /** The edits that made `headers`: no field they name may come back as a trailer field of the request. */
  readonly edits?: readonly HeaderEdit[];
  /** Whether a client may send this field at all; what it may not does not pass as a trailer field either. */
  readonly mayCarry?: (name: string) => boolean;
}
