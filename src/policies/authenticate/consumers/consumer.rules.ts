import { parsePasswordHash } from '../basic/password-hash.js';
import type {
  ApiKeyDeclaration,
  CertificateDeclaration,
  ConsumerDeclaration,
  PasswordDeclaration,
} from './consumer.declaration.js';

/** What one member must be, in words that finish "must be …"; `undefined` when its value is sound. */
export type MemberRule = (value: unknown) => string | undefined;
/** One rule for every member there is: a new member without a rule does not compile. */
export type MemberRules<Declaration> = { readonly [Name in keyof Declaration]-?: MemberRule };

const matching =
  (pattern: RegExp, wanted: string): MemberRule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : wanted;

/** An id becomes a header's value, a label and a word in a log. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/;
const name = matching(
  NAME,
  'a text of letters, digits and . _ : @ -, 128 at most, beginning with one of the first two',
);

export const isConsumerId = (text: string): boolean => NAME.test(text);

/** Something for people, on one line. */
const line = matching(
  /^[^\p{Cc}\p{Zl}\p{Zp}\s](?:[^\p{Cc}\p{Zl}\p{Zp}]{0,254}[^\p{Cc}\p{Zl}\p{Zp}\s])?$/u,
  'a text on one line, 256 characters at most, without blanks at its ends',
);

const listOf =
  (one: MemberRule, wanted: string): MemberRule =>
  (value) =>
    Array.isArray(value) &&
    value.every((each) => one(each) === undefined) &&
    new Set(value).size === value.length
      ? undefined
      : wanted;

/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const scopes = listOf(matching(SCOPE, ''), 'a list of scopes (RFC 6749, section 3.3), each standing once');

export const isScope = (text: string): boolean => SCOPE.test(text);

const anyList: MemberRule = (value) => (Array.isArray(value) ? undefined : 'a list');

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const digest = matching(
  DIGEST,
  '`sha256:` and 64 lower-case hexadecimal digits; `portcullis key digest` makes it',
);

export const isDigest = (text: string): boolean => DIGEST.test(text);

/** RFC 3339, section 5.6, without the leap second that no clock of ours knows. */
const TIMESTAMP =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

const moment: MemberRule = (value) => {
  const [, year, month, day] = (typeof value === 'string' && TIMESTAMP.exec(value)) || [];
  // The day 0 of the month after is the last of this one; Date.parse takes 31 days in each.
  return day !== undefined && Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
    ? undefined
    : 'a moment as in `2027-01-01T00:00:00Z` (RFC 3339)';
};

/** More work than is bounded there would be a way to stop the gateway, less is soon guessed. */
const scryptHash: MemberRule = (value) =>
  typeof value === 'string' && typeof parsePasswordHash(value) !== 'string'
    ? undefined
    : 'a hash as `portcullis password hash` prints it, `$scrypt$ln=15,r=8,p=3$salt$hash`, that costs at least ln=14,r=8,p=1, and at most 128 MiB and twice the work of ln=17,r=8,p=1';

const fingerprint = matching(
  /^(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})$/,
  'the SHA-256 of a certificate in 64 hexadecimal digits',
);

export const CONSUMER_RULES: MemberRules<ConsumerDeclaration> = {
  id: name,
  name: line,
  customId: line,
  plan: name,
  groups: listOf(name, 'a list of names, each standing once'),
  apiKeys: anyList,
  passwords: anyList,
  certificates: anyList,
};

export const API_KEY_RULES: MemberRules<ApiKeyDeclaration> = {
  id: name,
  digest,
  scopes,
  notBefore: moment,
  expiresAt: moment,
};

export const PASSWORD_RULES: MemberRules<PasswordDeclaration> = {
  username: matching(
    /^[^:\p{Cc}]{1,256}$/u,
    'a text of 256 characters at most, without a colon or control characters',
  ),
  hash: scryptHash,
  scopes,
};

export const CERTIFICATE_RULES: MemberRules<CertificateDeclaration> = {
  id: name,
  fingerprint,
  commonName: line,
  name: matching(
    /^(?:DNS|URI|IP Address|email|DirName):.+$/,
    'an entry as in `DNS:partner.example` or `URI:spiffe://…`',
  ),
  scopes,
};
