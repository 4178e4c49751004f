import type { ConfigProblem } from '../contracts/config-problem.js';
import type { Environment } from '../contracts/environment.js';
import type { ReadTextFile } from './configuration-sources.js';
import type { TlsSettings } from './gateway-settings.js';
import { SETTINGS, type SettingName, type SettingValues } from './settings.table.js';
import { readServerCertificates, type TlsFileSettings } from './tls-certificates.js';

/** The variables that bring a certificate; with neither there is no TLS port. */
export const TLS_SOURCES = ['TLS_CERT_FILE', 'TLS_CERT_DIR'] as const;

export const HTTPS_PORT = 8443;

/** What hstspreload.org asks for. */
const PRELOAD_MIN_SECONDS = 31_536_000;

/** Settles what the TLS port shows and asks for: a setting that would be without effect is a problem. */
export function resolveTls(
  values: Partial<SettingValues>,
  environment: Environment,
  readFile: ReadTextFile,
  problems: ConfigProblem[],
): TlsSettings | undefined {
  const isSet = (name: SettingName): boolean => (environment[name] ?? '') !== '';
  if (!TLS_SOURCES.some(isSet) && !isSet('TLS_KEY_FILE')) {
    refuseUnused(environment, isSet, problems);
    return undefined;
  }
  const pair = pairOf(values, problems);
  needs('TLS_CLIENT_AUTH', 'TLS_CLIENT_CA_FILE', isSet, problems);
  if (values.HTTPS_REDIRECT === 'off' && isSet('HTTPS_REDIRECT_PORT')) {
    problems.push({
      where: 'HTTPS_REDIRECT_PORT',
      message: 'has no effect while HTTPS_REDIRECT is off; switch that on, or unset this.',
    });
  }
  const strictTransport = strictTransportOf(values, isSet, problems);
  const files: TlsFileSettings = {
    cert: pair,
    directory: values.TLS_CERT_DIR,
    clientCaFile: values.TLS_CLIENT_CA_FILE,
  };
  const read = readServerCertificates(files, readFile);
  problems.push(...read.problems);
  if (read.certificates === undefined) return undefined;
  return {
    port: values.HTTPS_PORT ?? HTTPS_PORT,
    minVersion: values.TLS_MIN_VERSION === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    files,
    certificates: read.certificates,
    clientAuth: files.clientCaFile === undefined ? undefined : (values.TLS_CLIENT_AUTH ?? 'required'),
    handshakeTimeoutMs: values.TLS_HANDSHAKE_TIMEOUT_MS ?? 0,
    maxHandshakes: values.TLS_MAX_HANDSHAKES ?? 0,
    ocsp: values.TLS_OCSP ?? 'auto',
    redirect: redirectOf(values),
    strictTransport,
  };
}

/** Row 109 of the known faults: a gateway that ignores its TLS settings serves what it must not, and says nothing. */
function refuseUnused(
  environment: Environment,
  isSet: (name: SettingName) => boolean,
  problems: ConfigProblem[],
): void {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => SETTINGS[name].group === 'tls');
  // What stands there anyway may be said.
  for (const where of names.filter((name) => isSet(name) && environment[name] !== SETTINGS[name].default)) {
    problems.push({
      where,
      message: 'has no effect without a certificate; set TLS_CERT_FILE or TLS_CERT_DIR, or unset it.',
    });
  }
}

function needs(
  where: SettingName,
  other: SettingName,
  isSet: (name: SettingName) => boolean,
  problems: ConfigProblem[],
): void {
  if (!isSet(where) || isSet(other)) return;
  problems.push({ where, message: `has no effect without ${other}; set that too, or unset it.` });
}

function pairOf(values: Partial<SettingValues>, problems: ConfigProblem[]): TlsFileSettings['cert'] {
  const { TLS_CERT_FILE: chainFile, TLS_KEY_FILE: keyFile } = values;
  if (chainFile !== undefined && keyFile !== undefined) return { chainFile, keyFile };
  if (chainFile !== undefined) {
    problems.push({
      where: 'TLS_KEY_FILE',
      message: 'is missing; name the file of the private key of TLS_CERT_FILE.',
    });
  }
  if (keyFile !== undefined) {
    problems.push({
      where: 'TLS_CERT_FILE',
      message: 'is missing; name the file of the certificate of TLS_KEY_FILE.',
    });
  }
  return undefined;
}

function redirectOf(values: Partial<SettingValues>): TlsSettings['redirect'] {
  const { HTTPS_REDIRECT: given = 'off', HTTPS_REDIRECT_PORT: port } = values;
  if (given === 'off') return undefined;
  return { status: given === 'on' ? 308 : Number(given), port };
}

/** RFC 6797, section 6.1. */
function strictTransportOf(
  values: Partial<SettingValues>,
  isSet: (name: SettingName) => boolean,
  problems: ConfigProblem[],
): string | undefined {
  const subdomains = values.HSTS_INCLUDE_SUBDOMAINS === 'on';
  const preload = values.HSTS_PRELOAD === 'on';
  if (subdomains) needs('HSTS_INCLUDE_SUBDOMAINS', 'HSTS_MAX_AGE_SECONDS', isSet, problems);
  if (preload) needs('HSTS_PRELOAD', 'HSTS_MAX_AGE_SECONDS', isSet, problems);
  const seconds = values.HSTS_MAX_AGE_SECONDS;
  if (seconds === undefined) return undefined;
  if (preload && (!subdomains || seconds < PRELOAD_MIN_SECONDS)) {
    problems.push({
      where: 'HSTS_PRELOAD',
      message: `is on; the lists take no domain without HSTS_INCLUDE_SUBDOMAINS=on and HSTS_MAX_AGE_SECONDS of ${PRELOAD_MIN_SECONDS} or more.`,
    });
  }
  return `max-age=${seconds}${subdomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
}
