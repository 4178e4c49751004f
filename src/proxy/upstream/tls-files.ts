import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { certificatesIn, privateKeyIn } from '../../contracts/pem.js';
import type { TlsMaterial } from '../http1/tls-identity.js';

/** Where an upstream's certificates and key lie; `undefined` where none is named. */
export interface TlsFiles {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** Gives a file's text. @throws as node:fs does */
export type ReadFile = (path: string) => string;

export const readTextFile: ReadFile = (path) => readFileSync(path, 'utf8');

export interface ReadTlsFiles {
  /** `undefined` when there are problems. */
  readonly material: TlsMaterial | undefined;
  /** Each names its option and file; nothing of a file's content is in them. */
  readonly problems: readonly string[];
}

/** Reads what the files hold and checks that it can be used, so that a mistake shows here and not in a handshake. */
export function readTlsFiles(files: TlsFiles, read: ReadFile = readTextFile): ReadTlsFiles {
  const problems: string[] = [];
  const textOf = (option: keyof TlsFiles): string | undefined => {
    const path = files[option];
    if (path === undefined) return undefined;
    try {
      return read(path);
    } catch (error) {
      const { code = 'an error' } = error as NodeJS.ErrnoException;
      problems.push(
        `tls.${option} is ${path}, which cannot be read (${code}); mount it, or name the right file.`,
      );
      return undefined;
    }
  };
  const [ca, cert, key] = [textOf('caFile'), textOf('certFile'), textOf('keyFile')];

  if (ca !== undefined && certificatesIn(ca) === undefined) problems.push(notCertificates('caFile', files));
  const chain = cert === undefined ? undefined : certificatesIn(cert);
  if (cert !== undefined && chain === undefined) problems.push(notCertificates('certFile', files));
  const privateKey = key === undefined ? undefined : privateKeyIn(key);
  if (key !== undefined && privateKey === undefined) {
    problems.push(
      `tls.keyFile is ${files.keyFile}, which holds no usable private key; must be PEM without a passphrase.`,
    );
  }
  if (chain?.[0] !== undefined && privateKey !== undefined && !chain[0].checkPrivateKey(privateKey)) {
    problems.push(
      `tls.keyFile is ${files.keyFile}, which is not the key of the first certificate in tls.certFile (${files.certFile}); give the two that belong together.`,
    );
  }
  if (problems.length > 0) return { material: undefined, problems };
  const material: TlsMaterial = Object.freeze({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  try {
    // Its own rules come on top: a key that is too short, a digest that is too weak.
    createSecureContext(material);
    return { material, problems };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const named = Object.values(files).filter((path) => path !== undefined);
    problems.push(`tls cannot use ${named.join(', ')}: ${code ?? message}; give stronger or whole ones.`);
    return { material: undefined, problems };
  }
}

const notCertificates = (option: 'caFile' | 'certFile', files: TlsFiles): string =>
  `tls.${option} is ${files[option]}, which does not hold certificates; must be PEM, each between BEGIN CERTIFICATE and END CERTIFICATE.`;
