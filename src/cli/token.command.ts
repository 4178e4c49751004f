import { loadSettings } from '../config/load-settings.js';
import { EXIT_CONFIG } from '../framework/boot-failure.js';
import { developmentToken, type SharedSecretAlgorithm } from '../framework/testing/development-token.js';
import type { Command } from './command.js';
import { durationSeconds } from './duration.js';

/** `portcullis token`: a token the gateway takes, signed with its own secret. */
export const tokenCommand: Command = {
  name: 'token',
  synopsis: '[--subject NAME] [--scope SCOPE …] [--expires 1h]',
  summary: 'prints a development token, signed with JWT_SECRET; not in production',
  details: [
    '--subject NAME  whom it is for; default developer',
    '--scope SCOPE   may be repeated',
    '--expires TIME  30s, 15m, 1h, 7d; default 1h',
  ],
  options: {
    subject: { type: 'string' },
    scope: { type: 'string', multiple: true },
    expires: { type: 'string' },
  },
  async run({ options }, { environment, out, err }) {
    if (environment['NODE_ENV'] === 'production') {
      err('NODE_ENV: it is production; there tokens come from the issuer.\n');
      return EXIT_CONFIG;
    }
    const lifetimeSeconds = durationSeconds('--expires', (options['expires'] as string | undefined) ?? '1h');
    const { jwt } = loadSettings(environment);
    if (jwt.key?.kind !== 'secret') {
      err(
        'JWT_SECRET: it is not set; a token can only be signed with the secret the gateway verifies with.\n',
      );
      return EXIT_CONFIG;
    }
    const token = developmentToken(jwt.key.secret.reveal(), {
      subject: (options['subject'] as string | undefined) ?? 'developer',
      scopes: (options['scope'] as readonly string[] | undefined) ?? [],
      lifetimeSeconds,
      issuer: jwt.issuer,
      audience: jwt.audience === 'any' ? undefined : jwt.audience?.[0],
      // With a secret every algorithm that may be configured is one of these.
      algorithm: (jwt.algorithms?.[0] ?? 'HS256') as SharedSecretAlgorithm,
    });
    out(`${token}\n`);
    return 0;
  },
};
