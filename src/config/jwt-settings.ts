import { createPublicKey } from 'node:crypto';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { SecretText } from '../contracts/secret-text.js';
import { type ReadTextFile, readNamedFile } from './configuration-sources.js';
import type { JwtKey, JwtSettings } from './gateway-settings.js';
import { keySetUrl } from './setting-kinds.js';
import type { JwtAlgorithm, SettingValues } from './settings.table.js';

/** Settles what verifies tokens: at most one key, an audience where keys are public, algorithms of the key's family. */
export function resolveJwt(
  values: Partial<SettingValues>,
  environment: Environment,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): JwtSettings {
  const given = [
    ...['JWT_SECRET', 'JWT_SECRET_FILE'].filter((name) => environment[name] !== undefined).slice(0, 1),
    ...FILES_AND_ADDRESSES.filter((name) => (environment[name] ?? '') !== ''),
    ...(values.JWT_DISCOVERY === 'on' ? ['JWT_DISCOVERY'] : []),
  ];
  if (given.length > 1) {
    problems.push({
      where: given.join(', '),
      message: 'are set together; tokens are verified with one kind of key, keep one.',
    });
  }
  const key = resolveKey(values, readFile, problems);
  if (key?.kind === 'discovery') checkDiscovery(values, environment, problems);
  checkAges(values, problems);
  const audience = resolveAudience(values, given, problems);
  const algorithms = values.JWT_ALGORITHMS;
  if (algorithms !== undefined) checkAlgorithms(algorithms, given, key, problems);
  return {
    key,
    issuer: values.JWT_ISSUER,
    audience,
    algorithms,
    clockSkewSeconds: values.JWT_CLOCK_SKEW_SECONDS ?? 0,
    refreshMs: values.JWT_JWKS_REFRESH_MS ?? 0,
    staleMs: values.JWT_JWKS_STALE_MS ?? 0,
  };
}

const FILES_AND_ADDRESSES = ['JWT_PUBLIC_KEY_FILE', 'JWT_JWKS_FILE', 'JWT_JWKS_URI'] as const;

/** Keys that others publish, or that could be. */
const PUBLIC_KEYS: readonly string[] = [...FILES_AND_ADDRESSES, 'JWT_DISCOVERY'];

/** What an issuer says of its keys is worth as much as the way it came. */
function checkDiscovery(
  { JWT_ISSUER: issuer }: Partial<SettingValues>,
  environment: Environment,
  problems: ConfigProblem[],
): void {
  const sound = issuer !== undefined && keySetUrl.schema.safeParse(issuer).success;
  if (sound || (issuer === undefined && (environment['JWT_ISSUER'] ?? '') !== '')) return;
  problems.push({
    where: 'JWT_ISSUER',
    message: `${issuer === undefined ? 'is missing' : `is ${JSON.stringify(issuer)}`}; with JWT_DISCOVERY it must be ${keySetUrl.allowed}.`,
  });
}

function checkAges(values: Partial<SettingValues>, problems: ConfigProblem[]): void {
  const { JWT_JWKS_REFRESH_MS: refresh, JWT_JWKS_STALE_MS: stale } = values;
  if (refresh === undefined || stale === undefined || stale > refresh) return;
  problems.push({
    where: 'JWT_JWKS_STALE_MS',
    message: `is ${stale}; must be more than JWT_JWKS_REFRESH_MS, which is ${refresh}.`,
  });
}

function resolveKey(
  values: Partial<SettingValues>,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): JwtKey | undefined {
  if (values.JWT_SECRET !== undefined) return { kind: 'secret', secret: new SecretText(values.JWT_SECRET) };
  if (values.JWT_JWKS_URI !== undefined) return { kind: 'jwks', uri: values.JWT_JWKS_URI };
  if (values.JWT_DISCOVERY === 'on') return { kind: 'discovery' };
  if (values.JWT_JWKS_FILE !== undefined) {
    const text = readNamedFile('JWT_JWKS_FILE', values.JWT_JWKS_FILE, readFile, problems);
    return text === undefined ? undefined : { kind: 'key-set', text: new SecretText(text) };
  }
  const path = values.JWT_PUBLIC_KEY_FILE;
  if (path === undefined) return undefined;
  const pem = readNamedFile('JWT_PUBLIC_KEY_FILE', path, readFile, problems);
  if (pem === undefined) return undefined;
  const fault = publicKeyFault(pem);
  if (fault !== undefined) problems.push({ where: 'JWT_PUBLIC_KEY_FILE', message: `${path} ${fault}` });
  return { kind: 'public-key', pem };
}

function publicKeyFault(pem: string): string | undefined {
  if (pem.includes('PRIVATE KEY')) {
    return 'holds a private key; a gateway only needs the public one, and must not have the other.';
  }
  try {
    const bits = createPublicKey(pem).asymmetricKeyDetails?.modulusLength;
    // RFC 7518, sections 3.3 and 3.5.
    return bits !== undefined && bits < 2048
      ? `holds an RSA key of ${bits} bits; 2048 is the least.`
      : undefined;
  } catch {
    return 'holds no public key; it must be a PEM public key or certificate.';
  }
}

function resolveAudience(
  values: Partial<SettingValues>,
  given: readonly string[],
  problems: ConfigProblem[],
): JwtSettings['audience'] {
  const audience = values.JWT_AUDIENCE;
  if (audience === undefined) {
    if (given.some((name) => PUBLIC_KEYS.includes(name))) {
      problems.push({
        where: 'JWT_AUDIENCE',
        message: `is missing; with ${given.at(-1)} it must name this gateway's audience, or say \`any\`.`,
      });
    }
    return undefined;
  }
  if (!audience.includes('any')) return audience;
  if (audience.length > 1) {
    problems.push({ where: 'JWT_AUDIENCE', message: 'names `any` beside others; keep `any` or the others.' });
  }
  return 'any';
}

/** A key of one family must never verify a token of another: that is how a public key becomes an HMAC secret. */
function checkAlgorithms(
  algorithms: readonly JwtAlgorithm[],
  given: readonly string[],
  key: JwtKey | undefined,
  problems: ConfigProblem[],
): void {
  const shared = algorithms.filter((name) => name.startsWith('HS'));
  const where = 'JWT_ALGORITHMS';
  if (shared.length > 0 && shared.length < algorithms.length) {
    problems.push({ where, message: `mixes ${algorithms.join(', ')}; name algorithms of one family only.` });
    return;
  }
  // Of a file of keys only the identity policy knows what they are.
  if (given.length !== 1 || given[0] === 'JWT_JWKS_FILE') return;
  const withSecret = given[0] === 'JWT_SECRET' || given[0] === 'JWT_SECRET_FILE';
  const fits = withSecret
    ? shared.length > 0
    : key?.kind === 'public-key'
      ? algorithms.every((name) => fitsKey(name, key.pem))
      : shared.length === 0;
  if (!fits) {
    problems.push({
      where,
      message: `is ${algorithms.join(', ')}, which the key of ${given[0]} cannot verify; name its own family.`,
    });
  }
}

const ALGORITHMS_OF_KEY: Readonly<Record<string, RegExp>> = {
  rsa: /^[RP]S/,
  // RFC 8017, appendix A.1.2: such a key is for PSS signatures alone.
  'rsa-pss': /^PS/,
  ec: /^ES/,
  ed25519: /^EdDSA$/,
  ed448: /^EdDSA$/,
};

function fitsKey(algorithm: JwtAlgorithm, pem: string): boolean {
  const type = keyType(pem);
  // A file without a key has a problem of its own.
  return type === undefined || (ALGORITHMS_OF_KEY[type]?.test(algorithm) ?? false);
}

function keyType(pem: string): string | undefined {
  try {
    return createPublicKey(pem).asymmetricKeyType;
  } catch {
    return undefined;
  }
}
