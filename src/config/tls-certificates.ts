import type { ConfigProblem } from '../contracts/config-problem.js';
import type { ServerCertificate, ServerCertificates } from '../contracts/server-certificate.js';
import type { ReadTextFile } from './configuration-sources.js';
import {
  type CertificateFiles,
  certificateFilesIn,
  pairName,
  readAuthorities,
  readCertificate,
} from './tls-files.js';

/** Where the certificates of the TLS port lie; at least one of the first two is there. */
export interface TlsFileSettings {
  readonly cert: CertificateFiles | undefined;
  readonly directory: string | undefined;
  readonly clientCaFile: string | undefined;
}

export interface ReadServerCertificates {
  /** `undefined` when nothing can be shown. */
  readonly certificates: ServerCertificates | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Every file that was looked for. */
  readonly files: readonly string[];
}

/** The pair of the directory that stands in for `TLS_CERT_FILE`. */
const FALLBACK_NAME = 'default';

/**
 * Reads every certificate of the TLS port.
 *
 * @param held what is in use: a file that cannot be used leaves in place what it gave before
 */
export function readServerCertificates(
  settings: TlsFileSettings,
  readFile: ReadTextFile,
  held?: ServerCertificates,
): ReadServerCertificates {
  const reading = new Reading(readFile, held);
  const own = settings.cert && reading.certificate('TLS_CERT_FILE', settings.cert);
  const pairs = settings.directory === undefined ? [] : reading.directory(settings.directory);
  const clientCa =
    settings.clientCaFile === undefined ? undefined : reading.authorities(settings.clientCaFile);
  const named = reading.withoutSharedNames(pairs);
  const fallback = own ?? named.find(({ source }) => isFallback(source)) ?? named[0];
  const { problems, files } = reading;
  if (fallback === undefined) return { certificates: undefined, problems, files };
  return {
    certificates: Object.freeze({ fallback, named: Object.freeze(named), clientCa }),
    problems,
    files,
  };
}

const isFallback = (source: string): boolean =>
  pairName({ chainFile: source, keyFile: source }) === FALLBACK_NAME;

/** One pass over all files, with what is wrong so far. */
class Reading {
  readonly problems: ConfigProblem[] = [];
  readonly files: string[] = [];
  readonly #held: ReadonlyMap<string, ServerCertificate>;

  constructor(
    private readonly readFile: ReadTextFile,
    private readonly before: ServerCertificates | undefined,
  ) {
    const all = before === undefined ? [] : [before.fallback, ...before.named];
    this.#held = new Map(all.map((certificate) => [certificate.source, certificate]));
  }

  certificate(where: string, files: CertificateFiles): ServerCertificate | undefined {
    this.files.push(files.chainFile, files.keyFile);
    const held = this.#held.get(files.chainFile);
    const read = readCertificate(files, this.readFile, held);
    if (!Array.isArray(read)) return read as ServerCertificate;
    for (const message of read as string[]) this.problems.push({ where, message });
    return held;
  }

  directory(path: string): readonly ServerCertificate[] {
    this.files.push(path);
    const where = 'TLS_CERT_DIR';
    try {
      const { pairs, folders } = certificateFilesIn(path);
      this.files.push(...folders);
      if (pairs.length === 0) {
        this.problems.push({
          where,
          message: `${path} holds no certificate; must hold NAME.crt with NAME.key, NAME.pem, or folders with tls.crt and tls.key.`,
        });
      }
      return pairs.flatMap((files) => this.certificate(where, files) ?? []);
    } catch (error) {
      const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
      this.problems.push({
        where,
        message: `${path} cannot be read (${code}); mount it, or name the right one.`,
      });
      return this.before?.named.filter(({ source }) => source.startsWith(path)) ?? [];
    }
  }

  authorities(path: string): string | undefined {
    this.files.push(path);
    const read = readAuthorities(path, this.readFile);
    if ('pem' in read) return read.pem;
    for (const message of read) this.problems.push({ where: 'TLS_CLIENT_CA_FILE', message });
    return this.before?.clientCa;
  }

  /** Which of two a client would get must not depend on the order of their names. */
  withoutSharedNames(pairs: readonly ServerCertificate[]): readonly ServerCertificate[] {
    const sources = new Map<string, string>();
    return pairs.filter(({ names, source }) => {
      const shared = names.find((name) => sources.has(name));
      for (const name of names) if (!sources.has(name)) sources.set(name, source);
      if (shared === undefined) return true;
      this.problems.push({
        where: 'TLS_CERT_DIR',
        message: `${source} is for ${shared}, as ${sources.get(shared)} is; keep one of them.`,
      });
      return false;
    });
  }
}
