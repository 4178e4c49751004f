import type { IEntryNestModule } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { loadSettings } from '../../config/load-settings.js';
import type { Environment } from '../../contracts/environment.js';
import type { Observability } from '../../observability/create-observability.js';
import {
  type CreateGatewayOptions,
  type Gateway,
  gatewayOf,
  launchGateway,
  OWN_NEST_OPTIONS,
} from '../create-gateway.js';
import { GatewayAdapter } from '../gateway.adapter.js';
import { ENVIRONMENT, OBSERVABILITY, STAND_INS, type StandIns } from '../gateway.tokens.js';

export const TEST_SECRET = 'a-secret-for-tests-that-everybody-may-read';

const TEST_ENVIRONMENT: Environment = {
  JWT_SECRET: TEST_SECRET,
  ADMIN_PORT: '0',
  DRAIN_DELAY_MS: '0',
};

/** The variables of a test's gateway: free ports and a secret for tokens, unless the test says otherwise. */
export function testEnvironment(given: Environment = {}): Environment {
  return { ...TEST_ENVIRONMENT, ...freeTlsPort(given), ...given };
}

/** Only beside a certificate: without one the variable would have no effect, and is refused. */
function freeTlsPort({ TLS_CERT_FILE, TLS_CERT_DIR }: Environment): Environment {
  return TLS_CERT_FILE === undefined && TLS_CERT_DIR === undefined ? {} : { HTTPS_PORT: '0' };
}

export interface BootParts {
  readonly environment: Environment;
  readonly observability: Observability;
  readonly nest: NonNullable<CreateGatewayOptions['nest']>;
  readonly standIns?: StandIns;
}

/**
 * Makes the gateway of a test, not yet initialised.
 *
 * @param root the application's module, or what `Test.createTestingModule` returned, before `compile()`
 */
export function bootGateway(
  root: IEntryNestModule | TestingModuleBuilder,
  parts: BootParts,
): Promise<Gateway> {
  return isTestingModule(root) ? fromTestingModule(root, parts) : launchGateway(root, parts, parts.standIns);
}

function isTestingModule(root: IEntryNestModule | TestingModuleBuilder): root is TestingModuleBuilder {
  return 'overrideProvider' in root;
}

async function fromTestingModule(builder: TestingModuleBuilder, parts: BootParts): Promise<Gateway> {
  const testing = await builder
    .overrideProvider(ENVIRONMENT)
    .useValue(parts.environment)
    .overrideProvider(OBSERVABILITY)
    .useValue(parts.observability)
    .overrideProvider(STAND_INS)
    .useValue(parts.standIns ?? {})
    .compile();
  const { limits } = loadSettings(parts.environment);
  return gatewayOf(
    testing.createNestApplication<NestExpressApplication>(new GatewayAdapter(limits), {
      ...parts.nest,
      ...OWN_NEST_OPTIONS,
    }),
  );
}
