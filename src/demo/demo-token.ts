import { createHmac } from 'node:crypto';

export interface TokenContents {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** Signs a development token with the gateway's own secret (HS256). Not for production: there an issuer signs. */
export function signToken(secret: string, contents: TokenContents, now = Date.now()): string {
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    sub: contents.subject,
    scope: contents.scopes.join(' '),
    iss: contents.issuer,
    aud: contents.audience,
    iat: issuedAt,
    exp: issuedAt + contents.lifetimeSeconds,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
