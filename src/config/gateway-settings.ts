import type { BlockList } from 'node:net';
import type { HostAddresses } from '../contracts/host-addresses.js';
import type { SecretText } from '../contracts/secret-text.js';
import type { ServerCertificates } from '../contracts/server-certificate.js';
import type { JwtAlgorithm } from './settings.table.js';
import type { TlsFileSettings } from './tls-certificates.js';

/** What verifies tokens; exactly one kind. */
export type JwtKey =
  | { readonly kind: 'secret'; readonly secret: SecretText }
  | { readonly kind: 'public-key'; readonly pem: string }
  | { readonly kind: 'key-set'; readonly text: SecretText }
  | { readonly kind: 'jwks'; readonly uri: string }
  /** The issuer says where its keys are. */
  | { readonly kind: 'discovery' };

export interface JwtSettings {
  /** `undefined` when no key is configured: then no route may ask for a token. */
  readonly key: JwtKey | undefined;
  readonly issuer: string | undefined;
  /** `undefined`: not asked for. `'any'`: expressly not checked. */
  readonly audience: readonly string[] | 'any' | undefined;
  /** `undefined`: those of the key's own family. */
  readonly algorithms: readonly JwtAlgorithm[] | undefined;
  readonly clockSkewSeconds: number;
  /** How published keys are kept. */
  readonly refreshMs: number;
  readonly staleMs: number;
}

/** The server that is asked about tokens. */
export interface IntrospectionSettings {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: SecretText;
}

export interface TlsSettings {
  readonly port: number;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly files: TlsFileSettings;
  /** What was read of the files at boot. */
  readonly certificates: ServerCertificates;
  /** `undefined`: clients are asked for no certificate. */
  readonly clientAuth: 'required' | 'optional' | undefined;
  readonly handshakeTimeoutMs: number;
  readonly maxHandshakes: number;
  readonly ocsp: 'auto' | 'on' | 'off';
  /** `undefined`: requests without TLS are served. */
  readonly redirect: { readonly status: number; readonly port: number | undefined } | undefined;
  /** The value of `Strict-Transport-Security`; `undefined` sends none. */
  readonly strictTransport: string | undefined;
}

/** How the gateway signs tokens of its own. */
export interface IdentitySettings {
  /** The PEM text of a private key that can sign. */
  readonly key: SecretText;
  readonly issuer: string;
  readonly jwksPath: string;
  /** How long a key that was replaced is still published. */
  readonly overlapSeconds: number;
}

/** The configuration of one process: validated, complete, frozen. */
export interface GatewaySettings {
  readonly traffic: {
    readonly host: string;
    readonly port: number;
    readonly healthPath: string;
    /** `undefined`: forwarding headers are believed from nobody. */
    readonly trustedProxies: BlockList | undefined;
    /** Connections of trusted proxies begin with a PROXY header. */
    readonly proxyProtocol: boolean;
    /** Clients may speak HTTP/2. */
    readonly http2: boolean;
  };
  /** `undefined`: no certificate is configured, and nothing listens for TLS. */
  readonly tls: TlsSettings | undefined;
  readonly admin: {
    readonly host: string;
    readonly port: number;
    readonly token: SecretText | undefined;
  };
  readonly jwt: JwtSettings;
  readonly consumers: {
    /** The text of `CONSUMERS_FILE`. */
    readonly file: SecretText | undefined;
    readonly apiKeys: SecretText | undefined;
    readonly apiKeyStore: 'memory' | 'redis';
    readonly apiKeyCacheMs: number;
    readonly apiKeyStaleMs: number;
  };
  readonly upstreams: {
    /** Names whose addresses are given; `undefined`: none are. */
    readonly hosts: HostAddresses | undefined;
  };
  /** `undefined`: all routes are the code's. */
  readonly declarative:
    | { readonly files: readonly string[]; readonly strict: boolean; readonly refuseOpen: boolean }
    | undefined;
  /** `undefined`: nothing is shared with other instances. */
  readonly redis: { readonly url: SecretText } | undefined;
  /** `undefined`: no key is configured, and no token is signed. */
  readonly identity: IdentitySettings | undefined;
  /** `undefined`: no server is configured that could be asked about tokens. */
  readonly introspection: IntrospectionSettings | undefined;
  /** 0 switches a limit off, except where the table says otherwise. */
  readonly limits: {
    readonly bodyLimitBytes: number;
    readonly bodyMinBytesPerSecond: number;
    readonly bodyGraceMs: number;
    readonly maxHeaderBytes: number;
    readonly maxHeaderCount: number;
    readonly maxUrlBytes: number;
    readonly headersTimeoutMs: number;
    readonly requestTimeoutMs: number;
    readonly writeTimeoutMs: number;
    readonly keepAliveTimeoutMs: number;
    readonly maxConcurrentStreams: number;
    readonly maxConnections: number;
    readonly maxConnectionsPerAddress: number;
    /** What an upstream may send around its bodies; 0 allows none. */
    readonly upstream: {
      readonly maxHeaderBytes: number;
      readonly maxHeaderCount: number;
      readonly maxInformational: number;
      readonly maxChunkExtensionBytes: number;
    };
  };
  readonly drain: {
    /** Still accepting connections for this long after SIGTERM. */
    readonly delayMs: number;
    /** The whole of shutting down. */
    readonly totalMs: number;
  };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
    /** `'stdout'`, `'off'` or a file's path. */
    readonly accessLog: string;
  };
  readonly compile: 'auto' | 'off';
}
