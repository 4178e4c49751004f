import { runGateway } from 'portcullis';
import { AppModule } from '../app/app.module.js';
import { DEMO_SECRET, demoInstructions } from './demo.instructions.js';
import { legacyService } from './legacy.service.js';
import { orderService } from './order.service.js';
import { userService } from './user.service.js';

const EXIT_CONFIG = 78;

if (process.env['NODE_ENV'] === 'production') {
  process.stderr.write('NODE_ENV: it is production; the demo has development keys. Use npm start.\n');
  process.exit(EXIT_CONFIG);
}

const { env } = process;
const services = { USERS_URL: userService(), ORDERS_URL: orderService(), LEGACY_URL: legacyService() };
// Every variable of the service is honoured; what is not set gets a value to play with.
for (const [variable, service] of Object.entries(services)) {
  if (env[variable] !== undefined) continue;
  await service.listen();
  env[variable] = service.url;
}
const KEYS = ['JWT_SECRET', 'JWT_SECRET_FILE', 'JWT_PUBLIC_KEY_FILE', 'JWT_JWKS_FILE', 'JWT_JWKS_URI'];
if (!KEYS.some((name) => env[name]) && env['JWT_DISCOVERY'] !== 'on') env['JWT_SECRET'] = DEMO_SECRET;
env['DRAIN_DELAY_MS'] ??= '0';

const gateway = await runGateway(AppModule);
if (gateway !== undefined) {
  process.stdout.write(
    demoInstructions({
      port: env['PORT'] || '8080',
      adminPort: env['ADMIN_PORT'] || '9901',
      secret: env['JWT_SECRET'],
      issuer: env['JWT_ISSUER'],
      audience: env['JWT_AUDIENCE'],
      usersUrl: env['USERS_URL'] as string,
    }),
  );
}
