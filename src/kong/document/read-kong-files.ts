import { isUtf8 } from 'node:buffer';
import { open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DOCUMENT_DEFAULTS, type DocumentOptions } from './document-options.js';
import type { KongFinding } from './document-report.js';
import { type KongReading, readKongConfiguration } from './read-kong-configuration.js';
import type { SourceText } from './text/document-source.js';

/** How files are found and read. */
export interface FileOptions extends DocumentOptions {
  /** Where relative names begin. Default: the working folder. */
  readonly folder?: string;
  /** Of all paths together; each is looked at twice a second. */
  readonly maxFiles?: number;
  /** Of all files together. */
  readonly maxTotalBytes?: number;
}

const FILE_DEFAULTS = { maxFiles: 1_000, maxTotalBytes: 64 * 1024 * 1024 } as const;

const EXTENSIONS = ['.yaml', '.yml', '.json'];

/**
 * Reads files and folders (their *.yaml, *.yml and *.json, sorted, not those of folders in them) as one configuration.
 * A file is asked for its kind and size before a byte of it is read.
 */
export async function readKongFiles(
  paths: readonly string[],
  options: FileOptions = {},
): Promise<KongReading> {
  const {
    folder = process.cwd(),
    maxFiles,
    maxTotalBytes,
    ...documentOptions
  } = {
    ...FILE_DEFAULTS,
    ...options,
  };
  const maxBytes = options.maxBytes ?? DOCUMENT_DEFAULTS.maxBytes;
  let left = maxTotalBytes;
  const problems: KongFinding[] = [];
  const sources: SourceText[] = [];
  // A file may be named, and stand in a folder that is.
  const seen = new Set<string>();
  for (const path of paths) {
    for (const found of await namesAt(folder, path)) {
      const place = resolve(folder, found.name);
      if (seen.has(place)) continue;
      seen.add(place);
      if (seen.size > maxFiles) {
        return refusal(path, `makes it more than ${maxFiles} files; join them.`);
      }
      const read = found.fault ?? (await readText(place, maxBytes));
      if (typeof read === 'string') {
        problems.push(fileProblem(found.name, read));
        continue;
      }
      left -= Buffer.byteLength(read.text);
      if (left < 0) {
        return refusal(
          found.name,
          `makes all files together larger than ${maxTotalBytes} bytes; leave some out.`,
        );
      }
      sources.push({ name: found.name, text: read.text });
    }
  }
  // One that is missing may declare what the others refer to.
  if (problems.length > 0) return { configuration: undefined, problems, warnings: [] };
  return readKongConfiguration(sources, documentOptions);
}

interface FoundName {
  readonly name: string;
  readonly fault?: string;
}

async function namesAt(folder: string, path: string): Promise<FoundName[]> {
  try {
    if (!(await stat(resolve(folder, path))).isDirectory()) return [{ name: path }];
    // A mounted ConfigMap holds each file a second time, in folders that begin with a dot.
    const names = (await readdir(resolve(folder, path)))
      .filter((name) => !name.startsWith('.') && EXTENSIONS.some((extension) => name.endsWith(extension)))
      .toSorted();
    if (names.length > 0) return names.map((name) => ({ name: join(path, name) }));
    return [{ name: path, fault: `is a folder without files of ${EXTENSIONS.join(', ')}.` }];
  } catch (error) {
    return [{ name: path, fault: failureText(error) }];
  }
}

/** The text of a file, or what is wrong with it, behind its name. */
async function readText(path: string, maxBytes: number): Promise<{ readonly text: string } | string> {
  try {
    // Opening a pipe would wait for somebody who writes.
    if (!(await stat(path)).isFile()) return 'is no file; must be one of YAML or JSON, or a folder of them.';
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxBytes) return `is larger than ${maxBytes} bytes; split it.`;
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    if (!isUtf8(bytes.subarray(0, bytesRead))) return 'is not written in UTF-8; is it a text file?';
    return { text: bytes.toString('utf8', 0, bytesRead) };
  } catch (error) {
    return failureText(error);
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist.',
  EACCES: 'may not be read by this user.',
  ENOTDIR: 'does not exist: a part of its path is no folder.',
  ELOOP: 'is a link that leads back to itself.',
};

function failureText(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return FAILURES[code] ?? `cannot be read: ${message}.`;
}

function refusal(file: string, what: string): KongReading {
  return { configuration: undefined, problems: [fileProblem(file, what)], warnings: [] };
}

function fileProblem(file: string, what: string): KongFinding {
  return { place: { file, line: 1, column: 1, path: '' }, message: `${file} ${what}` };
}
