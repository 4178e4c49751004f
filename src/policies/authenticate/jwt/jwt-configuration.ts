import type { KeyObject } from 'node:crypto';
import { checkOptions, show } from '../../../contracts/option-check.js';
import { JWT, JWT_OPTION_RULES, type JwtOptions } from './jwt.options.js';
import { type JwtSettings, NO_JWT_SETTINGS } from './jwt.settings.js';
import { algorithmsOf, type JwtAlgorithm } from './jwt-algorithms.js';
import { readKey } from './jwt-key.js';

const KEYS = ['secret', 'publicKey', 'jwksUri'] as const;

/** A key with everything that a token must satisfy, checked and complete. */
export interface JwtConfiguration {
  readonly key: KeyObject;
  readonly algorithms: readonly JwtAlgorithm[];
  /** `undefined` looks at no issuer. */
  readonly issuer: string | undefined;
  /** One of these must be meant; `undefined` accepts every audience. */
  readonly audience: readonly string[] | undefined;
  readonly clockSkewMs: number;
  readonly realm: string | undefined;
}

/** What a declaration comes to with the gateway's settings below it. */
type ResolvedJwt = JwtSettings & Pick<JwtOptions, 'realm'>;

/** A declaration with a key of its own stands alone: the settings' other rules belong to another key. */
export function resolveJwt(options: JwtOptions, settings: JwtSettings): ResolvedJwt {
  const stated = Object.entries(options).filter(([, value]) => value !== undefined);
  const below = hasOwnKey(options) ? NO_JWT_SETTINGS : settings;
  return Object.freeze({ ...below, ...Object.fromEntries(stated) });
}

export function hasOwnKey(options: JwtOptions): boolean {
  return KEYS.some((name) => options[name] !== undefined);
}

/** The configuration of one `jwt()`, or every problem it has. */
export function configureJwt(
  options: JwtOptions,
  settings: JwtSettings,
): JwtConfiguration | readonly string[] {
  const resolved = resolveJwt(options, settings);
  const key = readKey(resolved);
  const audience = resolved.audience === undefined ? undefined : [resolved.audience].flat();
  const problems = [
    ...checkOptions(JWT, JWT, resolved, JWT_OPTION_RULES).map((problem) => problem.message),
    ...checkUnset(options),
    ...checkAudience(audience, resolved),
    ...(typeof key === 'string' ? [key] : checkAlgorithms(resolved.algorithms, algorithmsOf(key))),
  ];
  if (problems.length > 0 || typeof key === 'string') return problems;

  return Object.freeze({
    key,
    algorithms: (resolved.algorithms as readonly JwtAlgorithm[] | undefined) ?? algorithmsOf(key),
    issuer: resolved.issuer,
    audience: audience?.includes('any') ? undefined : audience,
    clockSkewMs: resolved.clockSkewSeconds * 1_000,
    realm: resolved.realm,
  });
}

/** `jwt({ secret: process.env.NAME })` with the variable unset must not fall back to another key. */
function checkUnset(options: JwtOptions): string[] {
  return KEYS.filter((name) => Object.hasOwn(options, name) && options[name] === undefined).map(
    (name) => `jwt.${name} is undefined; must be the key, or left out to use the gateway's own.`,
  );
}

function checkAudience(audience: readonly string[] | undefined, resolved: ResolvedJwt): string[] {
  if (audience === undefined) {
    if (resolved.publicKey === undefined && resolved.jwksUri === undefined) return [];
    // Whoever trusts the same issuer could replay its tokens here (RFC 8725, section 3.9).
    return ['jwt has a public key and no audience; set JWT_AUDIENCE, or `any` if every audience is meant.'];
  }
  return audience.length > 1 && audience.includes('any')
    ? ['jwt.audience names `any` beside others; keep `any` or the others.']
    : [];
}

function checkAlgorithms(wanted: readonly string[] | undefined, fitting: readonly string[]): string[] {
  if (fitting.length === 0) {
    return [
      'jwt.publicKey is of a kind no algorithm verifies; must be RSA, EC (P-256, P-384, P-521) or EdDSA.',
    ];
  }
  if (wanted === undefined) return [];
  const allowed = fitting.join(', ');
  if (!Array.isArray(wanted) || wanted.length === 0) {
    return [`jwt.algorithms is ${show(wanted)}; must name some of ${allowed}, or be left out.`];
  }
  return wanted
    .filter((name) => !fitting.includes(name))
    .map((name) => `jwt.algorithms names ${JSON.stringify(name)}; this key can only verify ${allowed}.`);
}
