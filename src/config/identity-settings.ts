import type { ConfigProblem } from '../contracts/config-problem.js';
import { SecretText } from '../contracts/secret-text.js';
import { readSigningKey } from '../contracts/signing-key.js';
import { type ReadTextFile, readNamedFile } from './configuration-sources.js';
import type { IdentitySettings } from './gateway-settings.js';
import type { SettingValues } from './settings.table.js';

/** Settles how the gateway signs tokens of its own; `undefined` without a key. */
export function resolveIdentity(
  values: Partial<SettingValues>,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): IdentitySettings | undefined {
  const path = values.IDENTITY_KEY_FILE;
  const { IDENTITY_ISSUER: issuer, IDENTITY_JWKS_PATH: jwksPath = '', HEALTH_PATH: health } = values;
  if (path === undefined) {
    // Whoever sets it believes that tokens are signed.
    if (issuer !== undefined) {
      problems.push({
        where: 'IDENTITY_ISSUER',
        message: 'has no effect without IDENTITY_KEY_FILE; set that too, or unset it.',
      });
    }
    return undefined;
  }
  if (issuer === undefined) {
    problems.push({
      where: 'IDENTITY_ISSUER',
      message: 'is missing; with IDENTITY_KEY_FILE it must be the `iss` that upstreams know this gateway by.',
    });
  }
  if (health !== undefined && [health, `${health}/ready`, `${health}/live`].includes(jwksPath)) {
    problems.push({
      where: 'IDENTITY_JWKS_PATH',
      message: `is ${jwksPath}, where health answers; choose another.`,
    });
  }
  const pem = readNamedFile('IDENTITY_KEY_FILE', path, readFile, problems);
  if (pem === undefined) return undefined;
  const key = readSigningKey(pem);
  if (typeof key === 'string') problems.push({ where: 'IDENTITY_KEY_FILE', message: `${path} ${key}` });
  return {
    key: new SecretText(pem),
    issuer: issuer ?? '',
    jwksPath,
    overlapSeconds: values.IDENTITY_KEY_OVERLAP_SECONDS ?? 0,
  };
}
