import type { IEntryNestModule } from '@nestjs/core';
import type { GatewaySettings } from '../config/gateway-settings.js';
import type { Observability } from '../observability/create-observability.js';
import { bootFailure } from './boot-failure.js';
import { type CreateGatewayOptions, createGateway, type Gateway } from './create-gateway.js';
import { OBSERVABILITY, SETTINGS } from './gateway.tokens.js';
import { DeclaredRoutes } from './kong/declared-routes.js';
import { surviveFailures } from './process-failures.js';

const EXIT_FAILED = 1;

/** After the drain time, for logs and telemetry to be written; a shutdown hook that hangs gets no more either. */
const LAST_WORDS_MS = 4_000;

/**
 * Runs a gateway as a process: starts it, drains it on SIGTERM or SIGINT, ends at once on the second signal. Declarative
 * files are read again on SIGHUP.
 * A configuration mistake lists every problem on standard error and exits 78.
 */
export async function runGateway(
  module: IEntryNestModule,
  options: CreateGatewayOptions = {},
): Promise<Gateway | undefined> {
  try {
    const gateway = await createGateway(module, options);
    await gateway.listen();
    reloadOnSignal(gateway.get(DeclaredRoutes, { strict: false }));
    const retire = retirement(gateway);
    endOnSignal(retire);
    surviveFailures(gateway.get<Observability>(OBSERVABILITY, { strict: false }).events, () =>
      retire(EXIT_FAILED),
    );
    return gateway;
  } catch (error) {
    const { text, exitCode } = bootFailure(error);
    process.stderr.write(text);
    process.exitCode = exitCode;
    // Whatever was opened before the mistake must not keep the process.
    setImmediate(() => process.exit());
    return undefined;
  }
}

/** Drains the gateway and ends the process; whoever asks first decides the exit code. */
function retirement(gateway: Gateway): (exitCode: number) => void {
  const { drain } = gateway.get<GatewaySettings>(SETTINGS, { strict: false });
  let retiring = false;
  return (exitCode) => {
    if (retiring) return;
    retiring = true;
    setTimeout(() => process.exit(EXIT_FAILED), drain.totalMs + LAST_WORDS_MS).unref();
    void gateway.drain().then(
      () => process.exit(exitCode),
      () => process.exit(EXIT_FAILED),
    );
  };
}

function endOnSignal(retire: (exitCode: number) => void): void {
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(EXIT_FAILED);
    asked = true;
    retire(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Without files the signal ends the process, as it ends any. */
function reloadOnSignal(declared: DeclaredRoutes): void {
  if (declared.files.length > 0) process.on('SIGHUP', () => void declared.reload('SIGHUP'));
}
