import { checkHeaderValue } from '../../contracts/forward-call.js';
import {
  checkOptions,
  type OptionRule,
  type OptionRules,
  trueOrFalse,
} from '../../contracts/option-check.js';

/** The policy's name, as the boot table, logs and metrics show it. */
export const SECURITY_HEADERS = 'security-headers';

/** What browsers are told to be careful about. Each is the field's whole value; `false` leaves the field out. */
export interface SecurityHeadersOptions {
  /** `Content-Security-Policy`. */
  readonly contentSecurityPolicy?: string | false;
  /** `Cross-Origin-Embedder-Policy`. Left out unless given. */
  readonly crossOriginEmbedderPolicy?: string | false;
  /** `Cross-Origin-Opener-Policy`. */
  readonly crossOriginOpenerPolicy?: string | false;
  /** `Cross-Origin-Resource-Policy`. */
  readonly crossOriginResourcePolicy?: string | false;
  /** `Origin-Agent-Cluster`. */
  readonly originAgentCluster?: string | false;
  /** `Permissions-Policy`. Left out unless given. */
  readonly permissionsPolicy?: string | false;
  /** `Referrer-Policy`. */
  readonly referrerPolicy?: string | false;
  /** `Strict-Transport-Security`; sent only on what came by TLS, and where the TLS settings send none. */
  readonly strictTransportSecurity?: string | false;
  /** `X-Content-Type-Options`. */
  readonly xContentTypeOptions?: string | false;
  /** `X-DNS-Prefetch-Control`. */
  readonly xDnsPrefetchControl?: string | false;
  /** `X-Download-Options`. */
  readonly xDownloadOptions?: string | false;
  /** `X-Frame-Options`. */
  readonly xFrameOptions?: string | false;
  /** `X-Permitted-Cross-Domain-Policies`. */
  readonly xPermittedCrossDomainPolicies?: string | false;
  /** `X-XSS-Protection`. */
  readonly xXssProtection?: string | false;
  /** Whether an upstream's `X-Powered-By` is taken away. Default true. */
  readonly hidePoweredBy?: boolean;
  /** Whether a field of the upstream's own is replaced. Default false: who makes a page knows what it needs. */
  readonly replace?: boolean;
}

/** The options that are fields. */
type FieldOption = Exclude<keyof SecurityHeadersOptions, 'hidePoweredBy' | 'replace'>;

/** One row per field: its name, and the value that helmet 8 gives it; `false` where helmet sends none by default. */
export const SECURITY_FIELDS: Readonly<Record<FieldOption, readonly [name: string, value: string | false]>> =
  {
    contentSecurityPolicy: [
      'Content-Security-Policy',
      [
        "default-src 'self'",
        "base-uri 'self'",
        "font-src 'self' https: data:",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "script-src 'self'",
        "script-src-attr 'none'",
        "style-src 'self' https: 'unsafe-inline'",
        'upgrade-insecure-requests',
      ].join(';'),
    ],
    crossOriginEmbedderPolicy: ['Cross-Origin-Embedder-Policy', false],
    crossOriginOpenerPolicy: ['Cross-Origin-Opener-Policy', 'same-origin'],
    crossOriginResourcePolicy: ['Cross-Origin-Resource-Policy', 'same-origin'],
    originAgentCluster: ['Origin-Agent-Cluster', '?1'],
    permissionsPolicy: ['Permissions-Policy', false],
    referrerPolicy: ['Referrer-Policy', 'no-referrer'],
    strictTransportSecurity: ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
    xContentTypeOptions: ['X-Content-Type-Options', 'nosniff'],
    xDnsPrefetchControl: ['X-DNS-Prefetch-Control', 'off'],
    xDownloadOptions: ['X-Download-Options', 'noopen'],
    xFrameOptions: ['X-Frame-Options', 'SAMEORIGIN'],
    xPermittedCrossDomainPolicies: ['X-Permitted-Cross-Domain-Policies', 'none'],
    xXssProtection: ['X-XSS-Protection', '0'],
  };

const fieldValue: OptionRule = (value) => {
  if (value === false) return undefined;
  if (typeof value !== 'string' || value.trim() === '') return 'the value of the field, or false';
  try {
    checkHeaderValue('it', value);
    return undefined;
  } catch {
    return 'a value that a header may carry';
  }
};

const FIELD_RULES = Object.fromEntries(
  Object.keys(SECURITY_FIELDS).map((name) => [name, fieldValue]),
) as unknown as Record<FieldOption, OptionRule>;

const RULES: OptionRules<SecurityHeadersOptions> = {
  ...FIELD_RULES,
  hidePoweredBy: trueOrFalse,
  replace: trueOrFalse,
};

/** Problems of a declaration in plain words; empty when it is sound. */
export function checkSecurityHeaders(given: SecurityHeadersOptions): readonly string[] {
  return checkOptions<SecurityHeadersOptions>('', '', given, RULES).map(({ message }) => message);
}

/** The fields to send, flat; without `Strict-Transport-Security`, which depends on the request. */
export function securityFields(given: SecurityHeadersOptions): readonly string[] {
  return (Object.keys(SECURITY_FIELDS) as FieldOption[]).flatMap((option) => {
    if (option === 'strictTransportSecurity') return [];
    const [name, fallback] = SECURITY_FIELDS[option];
    const value = given[option] ?? fallback;
    return value === false ? [] : [name, value];
  });
}

/** The value of `Strict-Transport-Security`; `false` for none. */
export function strictTransport({ strictTransportSecurity }: SecurityHeadersOptions): string | false {
  return strictTransportSecurity ?? SECURITY_FIELDS.strictTransportSecurity[1];
}
