/** What the routes of a Kong file are matched against. */
export interface KongRequest {
  readonly method: string;
  /** Whether the client speaks https, by the word of a trusted proxy too. */
  readonly secure: boolean;
  /** Whether the connection is TLS. */
  readonly tls: boolean;
  /** Lower-case, without the port; empty when the request names none. */
  readonly host: string;
  /** The one beside the host; where there is none, the scheme's own. */
  readonly port: number;
  /** Canonical, without the query. */
  readonly path: string;
  /** As they came: name, value, name, value … */
  readonly headers: readonly string[];
  /** The name the client asked for in its handshake. */
  readonly sni: string | undefined;
  readonly clientAddress: string;
  readonly clientPort: number | undefined;
  readonly localAddress: string;
  readonly localPort: number | undefined;
}
