import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { DeclarativeModule } from '../../src/framework/kong/declarative.module.js';
import { type RunningGateway, type StartOptions, startGateway } from './gateway.harness.js';

/** A gateway of a Kong file that a test can change. */
export interface KongGateway extends RunningGateway {
  readonly file: string;
  /** Puts another text in the file's place at once, as a deployment does. */
  replace(text: string): Promise<void>;
}

export interface KongStart extends StartOptions {
  /** Default: a gateway of the file alone. */
  readonly module?: Type;
}

/** Starts a gateway of this Kong file. */
export async function startKong(text: string, { module, ...options }: KongStart = {}): Promise<KongGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'kong-'));
  const file = join(folder, 'kong.yml');
  await writeFile(file, text);
  try {
    const running = await startGateway(module ?? DeclarativeModule, {
      ...options,
      environment: { JWT_SECRET: undefined, ...options.environment, GATEWAY_CONFIG: file },
    });
    return {
      ...running,
      file,
      async replace(next) {
        await writeFile(`${file}.next`, next);
        await rename(`${file}.next`, file);
      },
      async close() {
        await running.close();
        await rm(folder, { recursive: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}
