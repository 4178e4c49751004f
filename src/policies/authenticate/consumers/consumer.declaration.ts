/** A consumer as it is declared, in code and in the file alike. */
export interface ConsumerDeclaration {
  /** Unique: letters, digits and `. _ : @ -`, 128 at most. */
  readonly id: string;
  /** What people call it. */
  readonly name?: string;
  /** Its id in a system of the team's own. */
  readonly customId?: string;
  /** Which plan its limits follow. */
  readonly plan?: string;
  readonly groups?: readonly string[];
  readonly apiKeys?: readonly ApiKeyDeclaration[];
  readonly passwords?: readonly PasswordDeclaration[];
  readonly certificates?: readonly CertificateDeclaration[];
}

/** One API key. Two of them at the same time, the old one with an end, are a rotation. */
export interface ApiKeyDeclaration {
  /** Unique among all keys: what logs and upstreams know the key by. */
  readonly id: string;
  /** `sha256:` and the SHA-256 of the key in 64 lower-case hexadecimal digits. */
  readonly digest: string;
  readonly scopes?: readonly string[];
  /** RFC 3339: `2027-01-01T00:00:00Z`. */
  readonly notBefore?: string;
  /** RFC 3339; from this moment on the key is refused. */
  readonly expiresAt?: string;
}

/** One user name with the hash of its password. */
export interface PasswordDeclaration {
  /** Unique among all user names; without a colon (RFC 7617, section 2). */
  readonly username: string;
  /** In the PHC string format: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
  readonly hash: string;
  readonly scopes?: readonly string[];
}

/** What a client certificate must say; every part that is given must hold, and one must be given. */
export interface CertificateDeclaration {
  /** Unique among all certificates: what logs and upstreams know it by. */
  readonly id: string;
  /** SHA-256 over the DER in hexadecimal, with or without colons. */
  readonly fingerprint?: string;
  /** The subject's common name. */
  readonly commonName?: string;
  /** One of the subjectAltName entries: `DNS:partner.example`, `URI:spiffe://…`. */
  readonly name?: string;
  readonly scopes?: readonly string[];
}
