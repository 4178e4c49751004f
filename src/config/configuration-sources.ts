import { readFileSync, statSync } from 'node:fs';
import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import { checkFileSize } from './file-size.js';

/** Reads a whole text file; throws as node:fs does. */
export type ReadTextFile = (path: string) => string;

export const readTextFile: ReadTextFile = (path) => {
  checkFileSize(statSync(path).size);
  return readFileSync(path, 'utf8');
};

/** A file's text, or `undefined` and a problem that names the reason but nothing of the content. */
export function readNamedFile(
  variable: string,
  path: string,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    problems.push({ where: variable, message: `${path} cannot be read (${reason}); name a readable file.` });
    return undefined;
  }
}

/** A secret from `NAME` or from the file `NAME_FILE` names, without the line break editors leave at a file's end. */
export function readSecret(
  name: string,
  environment: Environment,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): string | undefined {
  const variable = `${name}_FILE`;
  const direct = environment[name];
  const path = environment[variable];
  if (direct !== undefined && path !== undefined) {
    problems.push({ where: name, message: `${name} and ${variable} are both set; keep one of them.` });
    return undefined;
  }
  if (direct !== undefined) {
    if (direct === '') problems.push({ where: name, message: 'is empty; give it a value or unset it.' });
    return direct === '' ? undefined : direct;
  }
  if (path === undefined) return undefined;
  if (path === '') {
    problems.push({ where: variable, message: 'is empty; name a file or unset it.' });
    return undefined;
  }
  const content = readNamedFile(variable, path, readFile, problems)?.replace(/\r?\n$/, '');
  if (content === '')
    problems.push({ where: variable, message: `${path} is empty; it must hold the secret.` });
  return content === '' ? undefined : content;
}
