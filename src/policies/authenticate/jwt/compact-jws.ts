/** The three parts of a signed token (RFC 7515, section 7.1), decoded but not yet believed. */
export interface CompactJws {
  readonly header: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** The very characters that were signed. */
  readonly signingInput: string;
}

/** The longest token looked at, in characters. */
export const TOKEN_LIMIT_CHARACTERS = 16 * 1024;

/**
 * Splits a token into its parts; `undefined` unless it is exactly three parts of canonical base64url.
 *
 * One token has one spelling: padding, white space, the plain base64 alphabet and loose trailing bits are refused,
 * so that nobody can make a second spelling of a token that is remembered, logged or revoked.
 */
export function parseCompactJws(token: string): CompactJws | undefined {
  if (token.length > TOKEN_LIMIT_CHARACTERS) return undefined;
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) return undefined;

  const header = decodeBase64Url(token.slice(0, first));
  const payload = decodeBase64Url(token.slice(first + 1, second));
  const signature = decodeBase64Url(token.slice(second + 1));
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  return { header, payload, signature, signingInput: token.slice(0, second) };
}

/** Node's decoder skips what it does not know; encoding again shows whether it skipped anything. */
function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
