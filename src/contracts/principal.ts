/** The claims of a verified credential. Values are as the issuer signed them. */
export type Claims = Readonly<Record<string, unknown>>;

/** The registered client a credential belongs to, as the gateway's own list of consumers knows it. */
export interface Consumer {
  /** Unique and stable: what plans, limits and upstreams know it by. */
  readonly id: string;
  /** What people call it. */
  readonly name: string | undefined;
  /** Its id in a system of the team's own. */
  readonly customId: string | undefined;
  /** Which plan its limits follow. */
  readonly plan: string | undefined;
  readonly groups: ReadonlySet<string>;
}

/** Who the verified credential says it is. */
export interface Principal {
  /** `sub` of a token, the owner of a key; `undefined` when the credential names nobody. */
  readonly subject: string | undefined;
  /** What the credential may do: RFC 8693 `scope` (space separated) or `scp` (list). */
  readonly scopes: ReadonlySet<string>;
  readonly claims: Claims;
  /** Which authentication method verified it, e.g. `jwt`. */
  readonly method: string;
  /** The registered client the credential belongs to; `undefined` when it belongs to none. */
  readonly consumer: Consumer | undefined;
  /** The public name of the credential itself, such as a key's id; never the secret. */
  readonly credential: string | undefined;
}

/** A frozen principal; what is left out is empty. */
export function principalOf(parts: Partial<Principal> & Pick<Principal, 'method'>): Principal {
  return Object.freeze({
    subject: parts.subject,
    scopes: parts.scopes ?? NO_SCOPES,
    claims: parts.claims ?? NO_CLAIMS,
    method: parts.method,
    consumer: parts.consumer,
    credential: parts.credential,
  });
}

const NO_SCOPES: ReadonlySet<string> = Object.freeze(new Set<string>());
const NO_CLAIMS: Claims = Object.freeze({});
