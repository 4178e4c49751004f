import type { IEntryNestModule } from '@nestjs/core';
import { ConfigError } from '../contracts/config-problem.js';
import { createGateway, type Gateway } from './create-gateway.js';

/** The exit code of a configuration that cannot run (sysexits.h, EX_CONFIG). */
const EXIT_CONFIG = 78;

/**
 * Runs a gateway as a process: starts it, drains it on SIGTERM or SIGINT, ends at once on the second signal.
 * A configuration mistake lists every problem on standard error and exits 78.
 */
export async function runGateway(module: IEntryNestModule): Promise<Gateway | undefined> {
  try {
    const gateway = await createGateway(module);
    await gateway.listen();
    drainOnSignal(gateway);
    return gateway;
  } catch (error) {
    process.exitCode = report(error);
    // Whatever was opened before the mistake must not keep the process.
    setImmediate(() => process.exit());
    return undefined;
  }
}

function drainOnSignal(gateway: Gateway): void {
  let draining = false;
  const onSignal = (): void => {
    if (draining) process.exit(1);
    draining = true;
    void gateway.drain().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function report(error: unknown): number {
  if (error instanceof ConfigError) {
    const lines = error.problems.map(({ where, message }) => `  ${where}: ${message}`);
    process.stderr.write(`The configuration cannot run; ${error.problems.length} to mend:\n${lines.join('\n')}\n`);
    return EXIT_CONFIG;
  }
  process.stderr.write(`The gateway could not start: ${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}
