import { checkOptions, type OptionRule, type OptionRules, show } from '../../../contracts/option-check.js';
import type { AuthenticationDescriptor } from '../authentication-method.js';
import { quotable, text } from '../option-rules.js';

export const CLIENT_CERTIFICATE = 'client-certificate';

/** What a certificate must say to be accepted; every part that is given must hold. */
export interface CertificateMatch {
  /** SHA-256 over the DER, hexadecimal, with or without colons. */
  readonly fingerprint?: string;
  /** The subject's common name, which must stand there once. */
  readonly commonName?: string;
  /** The whole subject, one attribute a line, as `exchange.clientCertificate.subject` has it. */
  readonly subject?: string;
  /** The whole issuer, in the form of `subject`. */
  readonly issuer?: string;
  /** One of the subjectAltName entries: `DNS:name`, `URI:spiffe://…`, `email:…`. */
  readonly name?: string;
  /** What whoever holds it may do. */
  readonly scopes?: readonly string[];
}

/** Which part of a certificate the principal's `subject` is; it must be there exactly once. */
export type CertificateSubject =
  | 'common-name'
  | 'distinguished-name'
  | 'dns'
  | 'uri'
  | 'email'
  | 'fingerprint';

export interface ClientCertificateOptions {
  /**
   * Which of the certificates that `TLS_CLIENT_CA_FILE` vouches for are let in. `consumers`: those registered for a
   * consumer. `any`: all. A list: those that one of its entries describes. Default `consumers`.
   */
  readonly accept?: 'consumers' | 'any' | readonly CertificateMatch[];
  /** Default: the common name, and nobody where there is none. */
  readonly subject?: CertificateSubject;
  /** Named in `WWW-Authenticate`. Default `gateway`. */
  readonly realm?: string;
}

export const CLIENT_CERTIFICATE_DEFAULTS = { accept: 'consumers', realm: 'gateway' } as const;

/**
 * The certificate that the client showed in the TLS handshake (mutual TLS).
 *
 * @example `@Authenticate(clientCertificate({ accept: [{ name: 'URI:spiffe://shop/orders' }], subject: 'uri' }))`
 */
export function clientCertificate(
  options: ClientCertificateOptions = {},
): AuthenticationDescriptor<ClientCertificateOptions> {
  const { accept } = options;
  const frozen = Array.isArray(accept)
    ? { ...options, accept: Object.freeze(accept.map((match) => Object.freeze({ ...match }))) }
    : { ...options };
  return Object.freeze({ method: CLIENT_CERTIFICATE, options: Object.freeze(frozen) });
}

/** Hexadecimal without colons, in lower case: the form that is compared. */
export const plainFingerprint = (text: string): string => text.replaceAll(':', '').toLowerCase();

const SUBJECTS: readonly CertificateSubject[] = [
  'common-name',
  'distinguished-name',
  'dns',
  'uri',
  'email',
  'fingerprint',
];

const accepted: OptionRule = (value) =>
  value === 'consumers' || value === 'any' || (Array.isArray(value) && value.length > 0)
    ? undefined
    : '`consumers`, `any` or a list of what certificates must say';

const RULES: OptionRules<ClientCertificateOptions> = {
  accept: accepted,
  subject: (value) =>
    SUBJECTS.includes(value as CertificateSubject) ? undefined : `one of ${SUBJECTS.join(', ')}`,
  realm: quotable,
};

const MATCH_RULES: OptionRules<CertificateMatch> = {
  fingerprint: (value) =>
    typeof value === 'string' && /^[0-9a-f]{64}$/.test(plainFingerprint(value))
      ? undefined
      : 'SHA-256, 32 bytes in hexadecimal',
  commonName: text,
  subject: text,
  issuer: text,
  name: (value) =>
    typeof value === 'string' && /^(DNS|URI|email|IP Address|DirName|Registered ID|othername):./.test(value)
      ? undefined
      : 'an entry with its kind, as in DNS:name, URI:spiffe://…, email:…',
  scopes: (value) =>
    Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scope !== '')
      ? undefined
      : 'a list of texts, none of them empty',
};

const PARTS = ['fingerprint', 'commonName', 'subject', 'issuer', 'name'] as const;

export function clientCertificateProblems(options: ClientCertificateOptions): readonly string[] {
  const problems = checkOptions(CLIENT_CERTIFICATE, CLIENT_CERTIFICATE, options, RULES).map(
    ({ message }) => message,
  );
  if (problems.length > 0 || !Array.isArray(options.accept)) return problems;
  return options.accept.flatMap((match: CertificateMatch, index) => {
    const group = `${CLIENT_CERTIFICATE}.accept[${index}]`;
    const found = checkOptions(CLIENT_CERTIFICATE, group, match, MATCH_RULES).map(({ message }) => message);
    if (found.length > 0 || PARTS.some((part) => match[part] !== undefined)) return found;
    return [`${group} is ${show(match)}; must name one of ${PARTS.join(', ')}, or accept be \`any\`.`];
  });
}
