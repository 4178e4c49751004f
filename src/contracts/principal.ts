/** The claims of a verified credential. Values are as the issuer signed them. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who the verified credential says it is. */
export interface Principal {
  /** `sub` of a token, the owner of a key; `undefined` when the credential names nobody. */
  readonly subject: string | undefined;
  /** What the credential may do: RFC 8693 `scope` (space separated) or `scp` (list). */
  readonly scopes: ReadonlySet<string>;
  readonly claims: Claims;
  /** Which authentication method verified it, e.g. `jwt`. */
  readonly method: string;
}
