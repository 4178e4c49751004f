import { isAbsolute, relative, resolve } from 'node:path';
import type { Type } from '@nestjs/common';
import type { Environment } from '../contracts/environment.js';
import { DeclarativeModule } from '../framework/kong/declarative.module.js';
import { loadAppModule } from './app-module.js';
import { type Arguments, type Terminal, UsageError } from './command.js';

/** The options of every command that takes declarative files. */
export const FILE_OPTIONS = {
  'strict-kong': { type: 'boolean' },
  'refuse-open': { type: 'boolean' },
} as const;
export const FILE_DETAILS: readonly string[] = [
  '--strict-kong   refuses what the files may say here and Kong itself would not take or carry out',
  '--refuse-open   refuses a route that no authentication plugin stands before',
];

/** An application and the variables it runs under. */
export interface ChosenApplication {
  readonly module: Type;
  readonly environment: Environment;
}

/**
 * The application that a command is about: one of the named declarative files alone, or without any the application's
 * root module.
 */
export async function chooseApplication(
  files: readonly string[],
  given: Arguments,
  terminal: Terminal,
): Promise<ChosenApplication> {
  const strict = given.options['strict-kong'] === true;
  const refuseOpen = given.options['refuse-open'] === true;
  if (files.length === 0) {
    const [useless] = Object.keys(FILE_OPTIONS).filter((name) => given.options[name] === true);
    if (useless !== undefined) throw new UsageError(`--${useless} is for declarative files; name one.`);
    return { module: await loadAppModule(given, terminal), environment: terminal.environment };
  }
  if (given.options['module'] !== undefined) {
    throw new UsageError('Files make a gateway of their own; with --module, name them in GATEWAY_CONFIG.');
  }
  refuseEmptyNames(files);
  const listed = files.find((file) => file.includes(','));
  if (listed !== undefined) throw new UsageError(`${listed}: the name of a file must hold no comma.`);
  const environment = {
    ...terminal.environment,
    GATEWAY_CONFIG: files.map((file) => fromHere(file, terminal.folder)).join(','),
    ...(strict ? { GATEWAY_CONFIG_STRICT: 'on' } : {}),
    ...(refuseOpen ? { GATEWAY_CONFIG_OPEN_ROUTES: 'refuse' } : {}),
  };
  return { module: DeclarativeModule, environment };
}

/** An empty one is the folder one stands in to the system, and a variable that is not set to whoever wrote it. */
export function refuseEmptyNames(files: readonly string[]): void {
  if (files.some((file) => file.trim() === ''))
    throw new UsageError('the name of a file is empty; is a variable not set?');
}

/** As it was given, wherever that is the same: messages name the file so. */
function fromHere(file: string, folder: string): string {
  return isAbsolute(file) ? file : relative(process.cwd(), resolve(folder, file)) || '.';
}
