import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { type Arguments, type Terminal, UsageError } from './command.js';

const DEFAULT_MODULE = 'dist/app/app.module.js';

/** The option of every command that works on a team's application. */
export const MODULE_OPTION = { module: { type: 'string', short: 'm' } } as const;
export const MODULE_DETAIL = `--module FILE   the compiled root module: its export AppModule, or the first class; default ${DEFAULT_MODULE}`;

/** Loads the root module of the application that a command is about. */
export async function loadAppModule({ options }: Arguments, { folder }: Terminal): Promise<Type> {
  const given = options['module'];
  const name = typeof given === 'string' ? given : DEFAULT_MODULE;
  const file = resolve(folder, name);
  if (!existsSync(file)) {
    throw new UsageError(`${name} does not exist here; build first, or name it with --module FILE.`);
  }
  const exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  const found = exported['AppModule'] ?? Object.values(exported).find(isClass);
  if (!isClass(found)) {
    throw new UsageError(`${name} exports no class; it must export the root module, as AppModule.`);
  }
  return found;
}

function isClass(value: unknown): value is Type {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
