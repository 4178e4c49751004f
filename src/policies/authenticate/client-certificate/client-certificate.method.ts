import type { ClientCertificate } from '../../../contracts/client-certificate.js';
import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import { principalOf } from '../../../contracts/principal.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import type { ConsumerDirectory } from '../consumers/consumer.directory.js';
import type { CertificateRecord, ConsumerList, Held } from '../consumers/consumer.list.js';
import { Refusal } from '../refusal.js';
import { CertificateFacts } from './certificate.facts.js';
import {
  type CertificateMatch,
  CLIENT_CERTIFICATE,
  CLIENT_CERTIFICATE_DEFAULTS,
  type ClientCertificateOptions,
  plainFingerprint,
} from './client-certificate.options.js';

export interface ClientCertificateParts {
  readonly options: ClientCertificateOptions;
  readonly consumers: ConsumerDirectory;
  readonly clock?: Clock;
}

/** What one certificate came to under one list of consumers. */
interface Judged {
  readonly list: ConsumerList;
  readonly outcome: Outcome;
}

/**
 * Authenticates by the certificate of the client's connection, whose chain and key the handshake has proved.
 *
 * It is judged once for each connection and list of consumers; whether its time has come and is not over is asked at
 * every request, because a connection can outlive it.
 */
export class ClientCertificateMethod implements AuthenticationMethod {
  readonly #options: ClientCertificateOptions;
  readonly #consumers: ConsumerDirectory;
  readonly #clock: Clock;
  readonly #challenges: readonly string[];
  /** A connection has one such object and gives the same one every time. */
  readonly #judged = new WeakMap<ClientCertificate, Judged>();

  constructor({ options, consumers, clock = systemClock }: ClientCertificateParts) {
    this.#options = options;
    this.#consumers = consumers;
    this.#clock = clock;
    const { realm = CLIENT_CERTIFICATE_DEFAULTS.realm } = options;
    // No scheme is registered for it; a 401 must name a way in all the same (RFC 9110, section 15.5.2).
    this.#challenges = Object.freeze([`Certificate realm="${realm}"`]);
  }

  authenticate({ clientCertificate: certificate }: Exchange): Outcome {
    if (certificate === undefined) return this.#refuse('The client showed no certificate.', true);
    const now = this.#clock.now();
    if (now < certificate.validFrom.getTime()) return this.#refuse('The certificate is not valid yet.');
    if (now > certificate.validTo.getTime()) return this.#refuse('The certificate has expired.');
    const list = this.#consumers.current;
    let judged = this.#judged.get(certificate);
    if (judged?.list !== list) {
      judged = { list, outcome: this.#judge(new CertificateFacts(certificate), list) };
      this.#judged.set(certificate, judged);
    }
    return judged.outcome;
  }

  #judge(facts: CertificateFacts, list: ConsumerList): Outcome {
    const { accept = CLIENT_CERTIFICATE_DEFAULTS.accept, subject } = this.#options;
    const held = list.certificates.find(({ record }) => isRecorded(record, facts));
    const match = typeof accept === 'string' ? undefined : accept.find((each) => isMatch(each, facts));
    const known = accept === 'any' || (accept === 'consumers' ? held !== undefined : match !== undefined);
    if (!known) return this.#refuse('The certificate is not known here.');
    const name = facts.only(subject ?? 'common-name');
    if (subject !== undefined && name === undefined) {
      return this.#refuse('The certificate does not name exactly one subject.');
    }
    return principalOf({
      method: CLIENT_CERTIFICATE,
      subject: name,
      credential: credentialOf(held, facts),
      scopes: new Set([...(held?.record.scopes ?? []), ...(match?.scopes ?? [])]),
      consumer: held?.consumer,
      claims: facts.claims(),
    });
  }

  #refuse(detail: string, missing = false): Refusal {
    return new Refusal(missing, detail, this.#challenges);
  }
}

const credentialOf = (held: Held<CertificateRecord> | undefined, facts: CertificateFacts): string =>
  held?.record.id ?? facts.fingerprint;

/** A record that asks for nothing is nobody's. */
function isRecorded(record: CertificateRecord, facts: CertificateFacts): boolean {
  const { fingerprint, commonName, name } = record;
  if (fingerprint === undefined && commonName === undefined && name === undefined) return false;
  return holds({ fingerprint, commonName, name }, facts);
}

const isMatch = (match: CertificateMatch, facts: CertificateFacts): boolean =>
  holds(match, facts) &&
  (match.subject === undefined || match.subject === facts.certificate.subject) &&
  (match.issuer === undefined || match.issuer === facts.certificate.issuer);

interface Wanted {
  readonly fingerprint?: string | undefined;
  readonly commonName?: string | undefined;
  readonly name?: string | undefined;
}

const holds = ({ fingerprint, commonName, name }: Wanted, facts: CertificateFacts): boolean =>
  (fingerprint === undefined || plainFingerprint(fingerprint) === facts.fingerprint) &&
  (commonName === undefined || commonName === facts.only('common-name')) &&
  (name === undefined || facts.names.has(name));
