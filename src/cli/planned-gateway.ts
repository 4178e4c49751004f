import { randomBytes } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { createGateway } from '../framework/create-gateway.js';
import { GatewayLifecycle } from '../framework/gateway.lifecycle.js';
import { DeclarativeModule } from '../framework/kong/declarative.module.js';
import type { Terminal } from './command.js';

const KEYS = ['JWT_SECRET', 'JWT_SECRET_FILE', 'JWT_PUBLIC_KEY_FILE', 'JWT_JWKS_FILE', 'JWT_JWKS_URI'];

/**
 * Boots an application up to its plan, without opening a port, reads what is wanted and closes it again.
 *
 * @throws ConfigError with every problem, as a start would
 */
export async function readPlan<T>(
  module: Type,
  { environment, err }: Terminal,
  read: (lifecycle: GatewayLifecycle) => T,
): Promise<T> {
  const toLook: Record<string, string | undefined> = {
    ...environment,
    // What is printed is the answer alone, and looking leaves no trace.
    LOG_LEVEL: 'silent',
    ACCESS_LOG: 'off',
    OTEL_SDK_DISABLED: 'true',
  };
  // Declarative files bring their own.
  const needsKey = module !== DeclarativeModule;
  if (needsKey && !KEYS.some((name) => environment[name]) && environment['JWT_DISCOVERY'] !== 'on') {
    // No token is verified here, so a machine without the key may look at the routes too.
    toLook['JWT_SECRET'] = randomBytes(32).toString('base64url');
    err('No key for tokens is set (JWT_SECRET …): a random one was put in its place to read the routes.\n');
  }
  const gateway = await createGateway(module, { environment: toLook, nest: { logger: false } });
  try {
    await gateway.init();
    return read(gateway.get(GatewayLifecycle, { strict: false }));
  } finally {
    await gateway.close();
  }
}
