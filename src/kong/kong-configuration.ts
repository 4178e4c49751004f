import type { SecretText } from '../contracts/secret-text.js';
import type { KongPlugin } from './kong-plugins.js';

/** A Kong declarative file as it was read: references are followed, defaults filled in, nothing left to check. */
export interface KongConfiguration {
  /** In file order, the disabled ones too. */
  readonly services: readonly KongService[];
  /** In file order, those of disabled services too. */
  readonly routes: readonly KongRoute[];
  readonly upstreams: readonly KongUpstream[];
  readonly consumers: readonly KongConsumer[];
  /** Of every scope, the disabled ones too. */
  readonly plugins: readonly KongPlugin[];
}

/** Where an entity stands: `kong.yml:12:5`, and `services[0].routes[1]` inside the file. */
export interface KongPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly path: string;
}

/** What every entity has. */
export interface KongEntity {
  /** As given, else derived from the entity's key: the same at every load. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly place: KongPlace;
}

/** What routes and services speak; Kong's stream protocols are refused at load. */
export type KongProtocol = 'http' | 'https' | 'grpc' | 'grpcs';

/** One backend (Kong's service). */
export interface KongService extends KongEntity {
  readonly name: string | undefined;
  readonly protocol: KongProtocol;
  /** A name that equals an upstream's selects that upstream. Lower-case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Starts with `/`. */
  readonly path: string | undefined;
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** `undefined` leaves it to the gateway. */
  readonly tlsVerify: boolean | undefined;
  readonly enabled: boolean;
}

/** What a route asks of a request, and how its path reaches the upstream. An empty list asks nothing. */
export interface KongRoute extends KongEntity {
  readonly name: string | undefined;
  readonly protocols: readonly KongProtocol[];
  /** Upper-case. */
  readonly methods: readonly string[];
  /** As written, lower-case. */
  readonly hosts: readonly string[];
  /** As written; those that begin with `~` are regexes. */
  readonly paths: readonly string[];
  /** Names in lower case; a single value that begins with `~*` is a regex. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly snis: readonly string[];
  readonly sources: readonly KongAddress[];
  readonly destinations: readonly KongAddress[];
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly regexPriority: number;
  readonly httpsRedirectStatusCode: 426 | 301 | 302 | 307 | 308;
  readonly requestBuffering: boolean;
  readonly responseBuffering: boolean;
  readonly service: KongService | undefined;
}

/** At least one of the two. */
export interface KongAddress {
  /** An address or a CIDR range. */
  readonly ip: string | undefined;
  readonly port: number | undefined;
}

/** What a hash is taken of. */
export type KongHash =
  | { readonly on: 'none' }
  | { readonly on: 'consumer' | 'ip' | 'path' }
  | { readonly on: 'header' | 'query_arg' | 'uri_capture'; readonly name: string }
  | { readonly on: 'cookie'; readonly name: string; readonly path: string };

/** A pool of targets, chosen by services whose host is its name. */
export interface KongUpstream extends KongEntity {
  readonly name: string;
  readonly algorithm: 'round-robin' | 'consistent-hashing' | 'least-connections' | 'latency';
  readonly slots: number;
  readonly hashOn: KongHash;
  readonly hashFallback: KongHash;
  readonly hostHeader: string | undefined;
  readonly targets: readonly KongTarget[];
}

export interface KongTarget extends KongEntity {
  readonly host: string;
  readonly port: number;
  /** 0 takes no requests. */
  readonly weight: number;
}

/** A registered client with its credentials. */
export interface KongConsumer extends KongEntity {
  readonly username: string | undefined;
  readonly customId: string | undefined;
  readonly jwtSecrets: readonly KongJwtSecret[];
  readonly keyAuthCredentials: readonly KongKeyAuthCredential[];
  readonly basicAuthCredentials: readonly KongBasicAuthCredential[];
  /** Names of the groups it is in. */
  readonly groups: readonly string[];
}

export const KONG_JWT_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
] as const;
export type KongJwtAlgorithm = (typeof KONG_JWT_ALGORITHMS)[number];

export interface KongJwtSecret extends KongEntity {
  /** What the token's key claim names. */
  readonly key: string;
  readonly algorithm: KongJwtAlgorithm;
  /** Of HS algorithms. */
  readonly secret: SecretText | undefined;
  /** PEM, of all other algorithms. */
  readonly publicKey: string | undefined;
}

export interface KongKeyAuthCredential extends KongEntity {
  readonly key: SecretText;
  /** Seconds after the load. */
  readonly ttl: number | undefined;
}

export interface KongBasicAuthCredential extends KongEntity {
  readonly username: string;
  /** Plain, or with `hashed` the SHA-1 of the password followed by the consumer's id, in lower-case hex. */
  readonly password: SecretText;
  readonly hashed: boolean;
}
