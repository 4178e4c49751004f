/** What an upstream may send around its bodies; a response over any of these is refused as malformed. */
export interface ResponseLimits {
  /** Status line and header fields together, and again each informational response and each trailer section. */
  readonly maxHeaderBytes: number;
  /** Header fields of one section. */
  readonly maxHeaderCount: number;
  /** 1xx responses before the final one. */
  readonly maxInformational: number;
  /** Chunk extensions of one body, all chunks together. */
  readonly maxChunkExtensionBytes: number;
}

/** As the configuration table has them, for a forwarder that is made without it. */
export const RESPONSE_LIMIT_DEFAULTS: ResponseLimits = Object.freeze({
  maxHeaderBytes: 65_536,
  maxHeaderCount: 256,
  maxInformational: 16,
  maxChunkExtensionBytes: 16_384,
});
