import type { SecretText } from './secret-text.js';
import type { SharedState } from './shared-state.js';

/** One Redis server, where it is named apart from the gateway's own (`REDIS_URL`). */
export interface RedisServerOptions {
  /** A name or an address. */
  readonly host: string;
  /** Default 6379. */
  readonly port?: number | undefined;
  /** Default: Redis's own default user. Without a password it means nothing. */
  readonly username?: string | undefined;
  /** Default: none. */
  readonly password?: string | SecretText | undefined;
  /** Default 0. */
  readonly database?: number | undefined;
  /** `true`, or how its certificate is judged. Default false. */
  readonly tls?: boolean | RedisTlsOptions | undefined;
  /** How long a connection or an answer is waited for, in milliseconds. Default: as for `REDIS_URL`. */
  readonly timeoutMs?: number | undefined;
}

export interface RedisTlsOptions {
  /** `false` takes any certificate. Default true. */
  readonly verify?: boolean | undefined;
  /** The name its certificate must have. Default: the host. */
  readonly serverName?: string | undefined;
}

/** State in a Redis that somebody named, until it is closed. */
export interface OpenSharedState {
  readonly state: SharedState;
  /** Says that one who opened it needs it no more. */
  close(): void;
}

/** Opens the Redis servers that limits name: one connection for all who name the same. */
export interface SharedStates {
  open(server: RedisServerOptions): OpenSharedState;
}

/** Injects the SharedStates. */
export const SHARED_STATES = Symbol('portcullis.shared-states');
