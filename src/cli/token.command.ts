import { loadSettings } from '../config/load-settings.js';
import { EXIT_CONFIG } from '../framework/boot-failure.js';
import { developmentToken, type SharedSecretAlgorithm } from '../framework/testing/development-token.js';
import { type Command, UsageError } from './command.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const DURATION = /^([1-9]\d{0,5})([smhd])$/;

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
    const lifetimeSeconds = seconds((options['expires'] as string | undefined) ?? '1h');
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

function seconds(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (count === undefined || unit === undefined) {
    throw new UsageError(
      `--expires is ${JSON.stringify(text)}; must be a number with s, m, h or d, as in 15m.`,
    );
  }
  return Number(count) * (UNIT_SECONDS[unit] as number);
}
