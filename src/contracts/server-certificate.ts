/** A certificate the gateway shows to clients, checked and ready for use. */
export interface ServerCertificate {
  /** The file it was read from: what problems and events call it. */
  readonly source: string;
  /** Lower-case DNS names and IP addresses of its subjectAltName; `*.` may stand for one label. */
  readonly names: readonly string[];
  /** PEM: the certificate first, those that issued it behind. */
  readonly chain: string;
  readonly key: { reveal(): string };
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What one TLS listener shows and asks for; swapped whole. */
export interface ServerCertificates {
  /** For clients that name no host, or one that no certificate is for. */
  readonly fallback: ServerCertificate;
  /** Those chosen by name, before the fallback's own names; no two have a name in common. */
  readonly named: readonly ServerCertificate[];
  /** PEM: the authorities of clients' certificates; `undefined` asks clients for none. */
  readonly clientCa: string | undefined;
}
