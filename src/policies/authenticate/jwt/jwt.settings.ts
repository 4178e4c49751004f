/** The gateway's own key and rules for tokens, from its configuration. Exactly one kind of key is set, or none. */
export interface JwtSettings {
  /** `JWT_SECRET`: at least 32 bytes. */
  readonly secret?: string | undefined;
  /** The text of `JWT_PUBLIC_KEY_FILE`: PEM. */
  readonly publicKey?: string | undefined;
  /** The text of `JWT_JWKS_FILE`. */
  readonly jwks?: string | undefined;
  /** `JWT_JWKS_URI` */
  readonly jwksUri?: string | undefined;
  /** `JWT_DISCOVERY`: asks `issuer` where its keys are. */
  readonly discovery?: true | undefined;
  /** `JWT_ISSUER` */
  readonly issuer?: string | undefined;
  /** `JWT_AUDIENCE`; `any` accepts every audience. */
  readonly audience?: string | readonly string[] | undefined;
  /** `JWT_ALGORITHMS` */
  readonly algorithms?: readonly string[] | undefined;
  readonly clockSkewSeconds: number;
  /** `JWT_JWKS_REFRESH_MS` */
  readonly refreshMs?: number | undefined;
  /** `JWT_JWKS_STALE_MS` */
  readonly staleMs?: number | undefined;
}

/** Injects the JwtSettings. */
export const JWT_SETTINGS = Symbol('portcullis.jwt-settings');

/** What stands below a declaration with a key of its own: an issuer that nobody described is granted no skew. */
export const NO_JWT_SETTINGS: JwtSettings = Object.freeze({ clockSkewSeconds: 0 });
