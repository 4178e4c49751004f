import type { Environment } from '../contracts/environment.js';
import type { GatewaySettings } from './gateway-settings.js';

/** Every variable that names the file of a key or a secret, with what the settings hold of it. */
const SECRET_FILES = {
  IDENTITY_KEY_FILE: ({ identity }: GatewaySettings) => identity?.key.reveal(),
  ADMIN_TOKEN_FILE: ({ admin }: GatewaySettings) => admin.token?.reveal(),
  JWT_SECRET_FILE: ({ jwt }: GatewaySettings) =>
    jwt.key?.kind === 'secret' ? jwt.key.secret.reveal() : undefined,
  JWT_PUBLIC_KEY_FILE: ({ jwt }: GatewaySettings) =>
    jwt.key?.kind === 'public-key' ? jwt.key.pem : undefined,
  CONSUMERS_FILE: ({ consumers }: GatewaySettings) => consumers.file?.reveal(),
  API_KEYS_FILE: ({ consumers }: GatewaySettings) => consumers.apiKeys?.reveal(),
  INTROSPECTION_CLIENT_SECRET_FILE: ({ introspection }: GatewaySettings) =>
    introspection?.clientSecret.reveal(),
  JWT_JWKS_FILE: ({ jwt }: GatewaySettings) =>
    jwt.key?.kind === 'key-set' ? jwt.key.text.reveal() : undefined,
} as const;

export type SecretFileVariable = keyof typeof SECRET_FILES;

/** A file of a secret, as the environment names it. */
export interface SecretFile {
  readonly variable: SecretFileVariable;
  readonly path: string;
}

/** The secret files that this environment names. */
export function secretFilesOf(environment: Environment): readonly SecretFile[] {
  return (Object.keys(SECRET_FILES) as SecretFileVariable[])
    .map((variable) => ({ variable, path: environment[variable] ?? '' }))
    .filter(({ path }) => path !== '');
}

/** The secret that settings hold in place of a file. */
export function secretHeld(variable: SecretFileVariable, settings: GatewaySettings): string | undefined {
  return SECRET_FILES[variable](settings);
}
