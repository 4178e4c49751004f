import type { Exchange } from './exchange.js';

/** What a route wants of the request to its upstream, over what every upstream is sent. */
export interface UpstreamTerms {
  /** Send the client's own `Host` in place of the target's. */
  readonly preserveHost: boolean;
  /**
   * Lower-case names that stand in the request only as {@link fields} has them: among those that no client is believed in,
   * so that only edits can have written them.
   */
  readonly names: ReadonlySet<string>;
  /** What upstreams are told on top of the forwarding headers: flat name/value pairs. */
  fields(exchange: Exchange): readonly string[];
}
