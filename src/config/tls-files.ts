import type { X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { certificatesIn, privateKeyIn } from '../contracts/pem.js';
import { SecretText } from '../contracts/secret-text.js';
import type { ServerCertificate } from '../contracts/server-certificate.js';
import type { ReadTextFile } from './configuration-sources.js';

/** Where a certificate and its key lie; in one file when both paths are the same. */
export interface CertificateFiles {
  readonly chainFile: string;
  readonly keyFile: string;
}

/** What a directory holds. */
export interface FoundCertificates {
  readonly pairs: readonly CertificateFiles[];
  /** Folders below it, in which a pair is or may come to be. */
  readonly folders: readonly string[];
}

/**
 * The pairs of a directory, in the order of their names: `NAME.crt` with `NAME.key`, `NAME.pem` that holds both, and
 * folders with `tls.crt` and `tls.key` as Kubernetes mounts them. What begins with a dot belongs to Kubernetes' own
 * swapping, and `ca.crt` is the authority that cert-manager puts beside a pair.
 *
 * @throws as node:fs does
 */
export function certificateFilesIn(directory: string): FoundCertificates {
  const folders: string[] = [];
  const pairs = new Map<string, CertificateFiles>();
  for (const name of readdirSync(directory)) {
    if (name.startsWith('.') || name === 'ca.crt') continue;
    const path = join(directory, name);
    if (/\.(crt|key)$/.test(name)) {
      const stem = name.slice(0, -4);
      pairs.set(stem, { chainFile: join(directory, `${stem}.crt`), keyFile: join(directory, `${stem}.key`) });
    } else if (name.endsWith('.pem')) {
      pairs.set(name, { chainFile: path, keyFile: path });
    } else {
      const inside = namesIn(path);
      if (inside !== undefined) folders.push(path);
      if (inside?.some((each) => each === 'tls.crt' || each === 'tls.key') === true) {
        pairs.set(name, { chainFile: join(path, 'tls.crt'), keyFile: join(path, 'tls.key') });
      }
    }
  }
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { pairs: sorted.map(([, files]) => files), folders };
}

/** What a pair is called in its directory. */
export function pairName({ chainFile }: CertificateFiles): string {
  const name = basename(chainFile);
  return name === 'tls.crt' ? basename(join(chainFile, '..')) : name.replace(/\.(crt|pem)$/, '');
}

/** `undefined` for what is no folder. */
function namesIn(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}

/** A certificate, or every reason why it cannot be used; nothing of a file's content is in them. */
export type ReadCertificate = ServerCertificate | readonly string[];

/**
 * Reads a certificate with its key and tries them, so that a mistake shows here and not in a handshake.
 *
 * @param held what the same files gave before; it is given back when nothing changed
 */
export function readCertificate(
  { chainFile, keyFile }: CertificateFiles,
  readFile: ReadTextFile,
  held?: ServerCertificate,
): ReadCertificate {
  const problems: string[] = [];
  const chain = readOrTell(chainFile, readFile, problems);
  const keyText = keyFile === chainFile ? chain : readOrTell(keyFile, readFile, problems);
  if (held !== undefined && chain === held.chain && keyText === held.key.reveal()) return held;
  const leaf = chain === undefined ? undefined : certificatesIn(chain)?.[0];
  if (chain !== undefined && leaf === undefined) problems.push(notCertificates(chainFile));
  const key = keyText === undefined ? undefined : privateKeyIn(keyText);
  if (keyText !== undefined && key === undefined) {
    problems.push(`${keyFile} holds no usable private key; must be PEM without a passphrase.`);
  }
  if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
    problems.push(
      `${keyFile} is not the key of the first certificate in ${chainFile}; give the two that belong together.`,
    );
  }
  const names = leaf === undefined ? [] : namesOf(leaf);
  if (leaf !== undefined && names.length === 0) {
    problems.push(
      `${chainFile} is for nobody: its subjectAltName holds no DNS name and no address, and no client looks elsewhere.`,
    );
  }
  if (problems.length > 0 || leaf === undefined || chain === undefined || keyText === undefined)
    return problems;
  const refusal = contextRefusal(chain, keyText);
  if (refusal !== undefined)
    return [`${chainFile} cannot be used: ${refusal}; give a stronger or whole one.`];
  return Object.freeze({
    source: chainFile,
    names: Object.freeze(names),
    chain,
    key: new SecretText(keyText),
    expiresAt: leaf.validToDate.getTime(),
  });
}

/** The authorities in a file, or why they cannot be used. */
export function readAuthorities(
  path: string,
  readFile: ReadTextFile,
): { readonly pem: string } | readonly string[] {
  const problems: string[] = [];
  const pem = readOrTell(path, readFile, problems);
  if (pem === undefined) return problems;
  const found = certificatesIn(pem);
  if (found === undefined) return [notCertificates(path)];
  if (!found.every((certificate) => certificate.ca)) {
    return [
      `${path} holds a certificate that is no authority's; give those that issue clients' certificates.`,
    ];
  }
  return { pem };
}

function readOrTell(path: string, readFile: ReadTextFile, problems: string[]): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    problems.push(`${path} cannot be read (${code}); mount it, or name the right file.`);
    return undefined;
  }
}

/** OpenSSL has rules of its own on top: a key that is too short, a digest that is too weak. */
function contextRefusal(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code ?? message;
  }
}

/** Entries with a character that could hide another entry are quoted by Node, and are no host's name. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const names = subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^",\s]+)(?=, |$)/g);
  return [...new Set([...names].map(([, name]) => (name as string).toLowerCase()))];
}

const notCertificates = (path: string): string =>
  `${path} does not hold certificates; must be PEM, each between BEGIN CERTIFICATE and END CERTIFICATE.`;
