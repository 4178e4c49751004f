import { show } from '../../../contracts/option-check.js';
import { parseStrictObject } from '../../../contracts/strict-json.js';
import { type JwtIssuerOptions, KEY_SET_DEFAULTS } from './jwt.options.js';
import { algorithmsOf, JWT_ALGORITHMS, type JwtAlgorithm } from './jwt-algorithms.js';
import type { ClaimRules, RequiredClaim } from './jwt-claims.js';
import { readPublicKey, readSecret } from './jwt-key.js';
import { isKeyAddress, KEY_ADDRESS_RULE } from './key-address.js';
import { KeySet } from './key-set.js';
import { readKeySet } from './key-set-document.js';
import type { RemoteKeys } from './remote-key-set.js';
import { VerificationKey } from './verification-key.js';

/** One issuer's keys with everything that its tokens must satisfy, checked and complete. */
export interface IssuerConfiguration extends ClaimRules {
  /** The keys, or where they are published. */
  readonly keys: KeySet | RemoteKeys;
  readonly algorithms: readonly JwtAlgorithm[];
}

/** An issuer's options with whatever stands below them; a value may be there and undefined. */
export type ResolvedIssuer = {
  readonly [Name in keyof JwtIssuerOptions]?: JwtIssuerOptions[Name] | undefined;
};

/** The ways to give a key: exactly one of them. */
export const KEY_OPTIONS = ['secret', 'publicKey', 'jwks', 'jwksUri', 'discovery'] as const;

/** What somebody publishes who signs for many audiences: anyone can have tokens of it. */
const PUBLIC_KEYS = ['publicKey', 'jwks', 'jwksUri', 'discovery'] as const;

/** No shared secret is ever among published keys. */
const PUBLISHED = (Object.keys(JWT_ALGORITHMS) as JwtAlgorithm[]).filter(
  (name) => JWT_ALGORITHMS[name].kind !== 'hmac',
);

interface Keys {
  readonly keys: KeySet | RemoteKeys;
  /** Those the keys can verify: the most that may be accepted with them. */
  readonly algorithms: readonly JwtAlgorithm[];
}

/**
 * The configuration of one issuer, or every problem it has.
 *
 * @param at how the options are spelled: `jwt`, `jwt.issuers[0]`
 */
export function configureIssuer(
  at: string,
  resolved: ResolvedIssuer,
): IssuerConfiguration | readonly string[] {
  const keys = readKeys(at, resolved);
  const audience = resolved.audience === undefined ? undefined : [resolved.audience].flat();
  const problems = [
    ...checkAudience(at, audience, resolved),
    ...(typeof keys === 'string' ? [keys] : checkAlgorithms(at, resolved.algorithms, keys)),
  ];
  if (problems.length > 0 || typeof keys === 'string') return problems;
  return Object.freeze({
    keys: keys.keys,
    algorithms: (resolved.algorithms as readonly JwtAlgorithm[] | undefined) ?? keys.algorithms,
    issuer: resolved.issuer,
    audience: audience?.includes('any') ? undefined : audience,
    clockSkewMs: (resolved.clockSkewSeconds ?? 0) * 1_000,
    requiredClaims: requiredClaims(resolved.requiredClaims),
  });
}

function readKeys(at: string, resolved: ResolvedIssuer): Keys | string {
  const given = KEY_OPTIONS.filter((name) => resolved[name] !== undefined);
  if (given.length === 0) {
    return at === 'jwt'
      ? 'jwt has no key; set JWT_SECRET, JWT_PUBLIC_KEY_FILE or JWT_JWKS_URI, or give jwt({ secret }), jwt({ publicKey }) or jwt({ jwksUri }).'
      : `${at} has no key; give it one of ${KEY_OPTIONS.join(', ')}.`;
  }
  if (given.length > 1) return `${at} has more than one key; keep one of ${given.join(', ')}.`;
  const { secret, publicKey, jwks, jwksUri } = resolved;
  if (jwks !== undefined) return readLocalSet(`${at}.jwks`, jwks);
  if (resolved.discovery !== undefined) return discovered(at, resolved);
  if (typeof (secret ?? publicKey ?? jwksUri) !== 'string') {
    return `${at} has a key that is not text; must be the text itself.`;
  }
  if (jwksUri !== undefined) {
    if (!isKeyAddress(jwksUri)) return `${at}.jwksUri is ${show(jwksUri)}; must be ${KEY_ADDRESS_RULE}.`;
    return remote(at, resolved, { jwksUri, discovery: undefined });
  }
  const key =
    secret === undefined
      ? readPublicKey(`${at}.publicKey`, publicKey as string)
      : readSecret(`${at}.secret`, secret);
  if (typeof key === 'string') return key;
  const algorithms = algorithmsOf(key);
  return { keys: KeySet.ofOne(new VerificationKey(key, algorithms)), algorithms };
}

function discovered(at: string, resolved: ResolvedIssuer): Keys | string {
  const { issuer } = resolved;
  if (!isKeyAddress(issuer) || issuer.includes('?')) {
    return `${at}.discovery asks the issuer, which is ${show(issuer)}; ${at}.issuer (JWT_ISSUER) must be ${KEY_ADDRESS_RULE}, and without a query.`;
  }
  return remote(at, resolved, { jwksUri: undefined, discovery: issuer });
}

function remote(
  at: string,
  resolved: ResolvedIssuer,
  where: Pick<RemoteKeys, 'jwksUri' | 'discovery'>,
): Keys | string {
  const {
    refreshMs = KEY_SET_DEFAULTS.refreshMs,
    staleMs = KEY_SET_DEFAULTS.staleMs,
    cooldownMs = KEY_SET_DEFAULTS.cooldownMs,
    fetchTimeoutMs = KEY_SET_DEFAULTS.fetchTimeoutMs,
  } = resolved;
  if (cooldownMs > refreshMs) {
    return `${at}.cooldownMs is ${cooldownMs}; must be at most refreshMs, which is ${refreshMs}.`;
  }
  if (staleMs <= refreshMs) {
    return `${at}.staleMs is ${staleMs}; must be more than refreshMs, which is ${refreshMs}.`;
  }
  const keys = Object.freeze({ ...where, refreshMs, staleMs, cooldownMs, fetchTimeoutMs });
  return { keys, algorithms: PUBLISHED };
}

/** The reasons name members of keys, never their values. */
function readLocalSet(at: string, jwks: string | object): Keys | string {
  const text = typeof jwks === 'string' ? jwks : jsonOf(jwks);
  const document = text === undefined ? undefined : parseStrictObject(Buffer.from(text));
  if (document === undefined) return `${at} is no JSON object; must be a JWK Set or one JWK.`;
  const read = readKeySet(Object.hasOwn(document, 'kty') ? { keys: [document] } : document, true);
  if (read === undefined) return `${at} is no JWK Set; must hold a list \`keys\` of at most 100.`;
  if (read.unusable.includes('holds a private key')) {
    return `${at} holds a private key; give only its public half.`;
  }
  if (read.keys.length === 0) {
    const reasons = read.unusable.length === 0 ? '' : `: one ${[...new Set(read.unusable)].join(', one ')}`;
    return `${at} has no key that verifies tokens${reasons}.`;
  }
  const made = read.keys.map(({ key, algorithms, keyId }) => new VerificationKey(key, algorithms, keyId));
  const distinct = [...new Map(made.map((key) => [key.fingerprint, key])).values()];
  const algorithms = [...new Set(distinct.flatMap((key) => key.algorithms))];
  return { keys: new KeySet(distinct), algorithms };
}

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function checkAudience(
  at: string,
  audience: readonly string[] | undefined,
  resolved: ResolvedIssuer,
): string[] {
  if (audience === undefined) {
    if (!PUBLIC_KEYS.some((name) => resolved[name] !== undefined)) return [];
    // Whoever trusts the same issuer could replay its tokens here (RFC 8725, section 3.9).
    return [
      `${at} has a public key and no audience; set JWT_AUDIENCE, or \`any\` if every audience is meant.`,
    ];
  }
  return audience.length > 1 && audience.includes('any')
    ? [`${at}.audience names \`any\` beside others; keep \`any\` or the others.`]
    : [];
}

function checkAlgorithms(
  at: string,
  wanted: readonly string[] | undefined,
  { algorithms: fitting }: Keys,
): string[] {
  if (fitting.length === 0) {
    return [
      `${at}.publicKey is of a kind no algorithm verifies; must be RSA, EC (P-256, P-384, P-521) or EdDSA.`,
    ];
  }
  if (wanted === undefined) return [];
  const allowed = fitting.join(', ');
  if (!Array.isArray(wanted) || wanted.length === 0) {
    return [`${at}.algorithms is ${show(wanted)}; must name some of ${allowed}, or be left out.`];
  }
  return wanted
    .filter((name) => !(fitting as readonly string[]).includes(name))
    .map((name) => `${at}.algorithms names ${JSON.stringify(name)}; this key can only verify ${allowed}.`);
}

function requiredClaims(given: ResolvedIssuer['requiredClaims']): readonly RequiredClaim[] {
  if (given === undefined) return [];
  if (Array.isArray(given)) return given.map((name: string) => [name, undefined]);
  return Object.entries(given).map(([name, values]) => [name, [values].flat()]);
}
