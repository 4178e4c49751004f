import type { Clock } from '../../../contracts/clock.js';
import type { Consumer } from '../../../contracts/principal.js';
import { type JsonObject, parseStrictObject } from '../../../contracts/strict-json.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { type OpenedJws, openJws, verifyJws } from './jws.js';
import { checkClaims, type VerifiedClaims } from './jwt-claims.js';
import type { ConsumerRule, IssuerConfiguration, JwtConfiguration } from './jwt-configuration.js';
import type { JwtRefusal } from './jwt-refusal.js';
import { KeySet } from './key-set.js';
import { ConfiguredKeys, type KeySource } from './key-source.js';
import { RemoteKeySets } from './remote-key-sets.js';
import type { VerificationKey } from './verification-key.js';

/** What a token proved, with the key that did. */
export interface VerifiedToken extends VerifiedClaims {
  readonly key: VerificationKey;
  readonly consumer: Consumer | undefined;
  /** What the consumer was found by. */
  readonly credential: string | undefined;
}

/** The token's key is not at hand: its issuer may have published it since, and can be asked. */
export class KeyWanted {
  constructor(readonly source: KeySource) {}
}

/** One issuer: its rules, and where its keys come from. */
class TrustedIssuer {
  readonly algorithms: ReadonlySet<string>;
  readonly wanted: KeyWanted;

  constructor(
    readonly rules: IssuerConfiguration,
    readonly keys: KeySource,
  ) {
    this.algorithms = new Set(rules.algorithms);
    this.wanted = new KeyWanted(keys);
  }
}

/**
 * Decides about one token, in this order: 1. its form and header, 2. its issuer, 3. its key and signature, 4. its
 * payload, 5. its claims, 6. its consumer.
 *
 * Where there are several issuers the payload is parsed before the signature is good, to read `iss` and so choose whose
 * keys count; else it is not even parsed before.
 */
export class JwtVerifier {
  /** Set where there is no choice. */
  readonly #only: TrustedIssuer | undefined;
  readonly #issuers: ReadonlyMap<unknown, TrustedIssuer>;
  readonly #consumer: ConsumerRule | undefined;

  constructor(
    configuration: JwtConfiguration,
    private readonly clock: Clock,
    remote = new RemoteKeySets(clock),
    private readonly consumers = new ConsumerDirectory(),
  ) {
    const trusted = configuration.issuers.map((rules) => {
      const { keys } = rules;
      return new TrustedIssuer(rules, keys instanceof KeySet ? new ConfiguredKeys(keys) : remote.of(keys));
    });
    this.#only = trusted.length === 1 ? trusted[0] : undefined;
    this.#issuers = new Map(trusted.map((issuer) => [issuer.rules.issuer, issuer]));
    this.#consumer = configuration.consumer;
  }

  verify(token: string): VerifiedToken | JwtRefusal | KeyWanted {
    // 1.
    const opened = openJws(token);
    if (typeof opened === 'string') return opened;
    // 2.
    if (this.#only !== undefined) return this.#verifyBy(this.#only, opened, undefined);
    const claims = parseStrictObject(opened.payload);
    if (claims === undefined) return 'payload';
    const issuer = this.#issuers.get(claims['iss']);
    return issuer === undefined ? 'issuer' : this.#verifyBy(issuer, opened, claims);
  }

  #verifyBy(
    issuer: TrustedIssuer,
    opened: OpenedJws,
    parsed: JsonObject | undefined,
  ): VerifiedToken | JwtRefusal | KeyWanted {
    // 3.
    if (!issuer.algorithms.has(opened.algorithm)) return 'algorithm';
    const nowMs = this.clock.now();
    const keys = issuer.keys.usableAt(nowMs);
    if (keys === undefined) return issuer.wanted;
    const key = verifyJws(opened, keys);
    if (key === 'unknown-key') return issuer.wanted;
    if (typeof key === 'string') return key;
    // 4.
    const claims = parsed ?? parseStrictObject(opened.payload);
    if (claims === undefined) return 'payload';
    // 5.
    const checked = checkClaims(claims, issuer.rules, nowMs);
    if (typeof checked === 'string') return checked;
    // 6.
    return this.#withConsumer(checked, key);
  }

  #withConsumer(
    { claims, validFromMs, expiresAtMs }: VerifiedClaims,
    key: VerificationKey,
  ): VerifiedToken | JwtRefusal {
    let credential: string | undefined;
    let consumer: Consumer | undefined;
    if (this.#consumer !== undefined) {
      const { claim, required } = this.#consumer;
      const named = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
      if (typeof named === 'string') consumer = this.consumers.byId(named);
      if (consumer !== undefined) credential = named as string;
      else if (required) return 'consumer';
    }
    return { claims, validFromMs, expiresAtMs, key, consumer, credential };
  }
}
