import type { ClientCertificate } from '../../../contracts/client-certificate.js';
import type { Claims } from '../../../contracts/principal.js';
import { type CertificateSubject, plainFingerprint } from './client-certificate.options.js';
import { attributeValues } from './distinguished-name.js';

/** A client's certificate, read once: what is looked up, and what becomes the claims. */
export class CertificateFacts {
  readonly fingerprint: string;
  readonly names: ReadonlySet<string>;
  readonly #values: Readonly<Record<CertificateSubject, readonly string[]>>;

  constructor(readonly certificate: ClientCertificate) {
    const { subject, fingerprint, names } = certificate;
    this.fingerprint = plainFingerprint(fingerprint);
    this.names = new Set(names);
    this.#values = {
      'common-name': attributeValues(subject, 'CN'),
      'distinguished-name': subject === '' ? [] : [subject],
      dns: entriesOf(names, 'DNS:'),
      uri: entriesOf(names, 'URI:'),
      email: entriesOf(names, 'email:'),
      fingerprint: [this.fingerprint],
    };
  }

  /** The one value of a part; `undefined` when there is none, or more than one to choose from. */
  only(part: CertificateSubject): string | undefined {
    const values = this.#values[part];
    return values.length === 1 ? values[0] : undefined;
  }

  claims(): Claims {
    const { subject, issuer, serial, validFrom, validTo } = this.certificate;
    return Object.freeze({
      subject,
      issuer,
      serial,
      fingerprint: this.fingerprint,
      commonName: this.only('common-name'),
      dns: this.#values.dns,
      uri: this.#values.uri,
      email: this.#values.email,
      validFrom: validFrom.toISOString(),
      validTo: validTo.toISOString(),
    });
  }
}

const entriesOf = (names: readonly string[], kind: string): readonly string[] =>
  Object.freeze(names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length)));
