import { createHmac } from 'node:crypto';

/** What a development token says. */
export interface DevelopmentTokenContents {
  readonly subject: string;
  readonly scopes?: readonly string[];
  /** Default: one hour. Below zero the token has expired already. */
  readonly lifetimeSeconds?: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** Further claims; they win over those made from the rest. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default: HS256. */
  readonly algorithm?: SharedSecretAlgorithm;
}

/** The algorithms a shared secret can sign with (RFC 7518, section 3.2). */
export type SharedSecretAlgorithm = 'HS256' | 'HS384' | 'HS512';

const HASHES: Readonly<Record<SharedSecretAlgorithm, string>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
};

const HOUR_SECONDS = 3_600;

/**
 * Signs a token with the secret that the gateway verifies with, `JWT_SECRET`. For development and tests: in production
 * an issuer signs, with a key the gateway does not have.
 *
 * @param nowMs when it is issued; default: now
 */
export function developmentToken(
  secret: string,
  contents: DevelopmentTokenContents,
  nowMs = Date.now(),
): string {
  const { algorithm = 'HS256', lifetimeSeconds = HOUR_SECONDS } = contents;
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    sub: contents.subject,
    scope: contents.scopes?.join(' '),
    iss: contents.issuer,
    aud: contents.audience,
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
    ...contents.claims,
  };
  const signed = `${encode({ alg: algorithm, typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac(HASHES[algorithm], secret).update(signed).digest('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
