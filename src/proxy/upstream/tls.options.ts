import { isIP } from 'node:net';
import type { ConfigProblem } from '../../contracts/config-problem.js';
import type { Environment } from '../../contracts/environment.js';
import { readReference } from '../../contracts/environment.js';
import type { Target } from '../../contracts/forwarder.js';
import { checkOptions, type OptionRule, type OptionRules, show } from '../../contracts/option-check.js';
import {
  isEnvReference,
  TLS_VERSIONS,
  type TlsOptions,
  type TlsVersion,
} from '../../contracts/upstream-definition.js';
import { isHost } from '../../targets/host-name.js';
import type { TlsMaterial } from '../http1/tls-identity.js';
import { type ReadFile, readTlsFiles, type TlsFiles } from './tls-files.js';

/** How an upstream's TLS connections are made, its files read. */
export interface TlsSettings {
  readonly files: TlsFiles;
  /** What the files held at boot. */
  readonly material: TlsMaterial;
  readonly serverName: string | undefined;
  readonly minVersion: TlsVersion;
}

export type ResolvedTls =
  | { readonly settings: TlsSettings | undefined; readonly problems: readonly [] }
  | { readonly settings: undefined; readonly problems: readonly ConfigProblem[] };

const path: OptionRule = (value) =>
  (typeof value === 'string' && value !== '' && !value.includes('\0')) || isEnvReference(value)
    ? undefined
    : "a file's path or env('NAME')";

const RULES: OptionRules<TlsOptions> = {
  caFile: path,
  certFile: path,
  keyFile: path,
  serverName: (value) =>
    typeof value === 'string' && isServerName(value)
      ? undefined
      : 'a host name of lower-case ASCII letters, digits, hyphens and dots',
  minVersion: (value) =>
    TLS_VERSIONS.includes(value as TlsVersion) ? undefined : TLS_VERSIONS.map(show).join(' or '),
};

/** SNI carries names, never addresses, and no dot at the end (RFC 6066, section 3). */
const isServerName = (name: string): boolean => isIP(name) === 0 && !name.endsWith('.') && isHost(name);

/**
 * The settings for an upstream's `https://` targets, or every mistake in the options.
 * Without such a target there is nothing they could act on: `undefined` without options, a mistake with them.
 */
export function resolveTls(
  where: string,
  given: TlsOptions | undefined,
  targets: readonly Target[],
  environment: Environment,
  read?: ReadFile,
): ResolvedTls {
  const problems: ConfigProblem[] = [];
  const report = (message: string): void => void problems.push({ where, message });
  const secured = targets.some(({ tls }) => tls);
  if (given === undefined && !secured) return { settings: undefined, problems: [] };

  problems.push(...checkOptions(where, 'tls', given ?? {}, RULES));
  if (problems.length > 0) return { settings: undefined, problems };
  if (!secured && targets.length > 0) {
    report('tls has no effect, for no target starts with https://; make one do so, or leave tls out.');
  }
  const { caFile, certFile, keyFile, serverName, minVersion = 'TLSv1.2' } = given ?? {};
  const pathOf = (option: keyof TlsFiles, value: TlsOptions[keyof TlsFiles]): string | undefined => {
    if (!isEnvReference(value)) return value;
    const found = readReference(value, environment);
    if (found === undefined)
      report(`tls.${option} is env('${value.variable}'), which is not set; set it to a file's path.`);
    return found;
  };
  const files: TlsFiles = Object.freeze({
    caFile: pathOf('caFile', caFile),
    certFile: pathOf('certFile', certFile),
    keyFile: pathOf('keyFile', keyFile),
  });
  if (certFile === undefined && keyFile !== undefined) {
    report('tls.keyFile is given without tls.certFile; give the certificate too, or neither.');
  }
  if (certFile !== undefined && keyFile === undefined) {
    report('tls.certFile is given without tls.keyFile; give the key too, or neither.');
  }
  const { material, problems: fileProblems } = readTlsFiles(files, read);
  for (const problem of fileProblems) report(problem);
  if (problems.length > 0 || material === undefined) return { settings: undefined, problems };
  return { settings: Object.freeze({ files, material, serverName, minVersion }), problems: [] };
}
