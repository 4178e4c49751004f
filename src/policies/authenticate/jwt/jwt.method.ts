import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import { AUTHENTICATE } from '../authenticate.options.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { bearerRefusals } from '../bearer-refusals.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { authorizationOf, bearerToken } from '../credentials/authorization-field.js';
import { concealedCredential } from '../credentials/concealed-credential.js';
import { REPEATED } from '../credentials/repeated.js';
import { type SentCredential, sentCredential } from '../credentials/sent-credential.js';
import type { Refusal } from '../refusal.js';
import { recallLast, rememberLast } from './connection-memo.js';
import type { JwtConfiguration } from './jwt-configuration.js';
import { JWT_REFUSALS, type JwtRefusal, REQUEST_FAULTS } from './jwt-refusal.js';
import { JwtVerifier, KeyWanted } from './jwt-verifier.js';
import type { KeySource } from './key-source.js';
import type { KnownToken } from './known-token.js';
import { RememberingVerifier } from './remembering-verifier.js';
import { RemoteKeySets } from './remote-key-sets.js';

/**
 * Authenticates by `Authorization: Bearer <JWT>`, and by tokens in other places where the configuration names them.
 *
 * A token is verified once and then remembered until it expires: 1. by the connection it came on, 2. by its digest.
 * Both memories belong to the verifier, so a new key starts with none. Only a token whose key is not at hand waits.
 */
export class JwtMethod implements AuthenticationMethod {
  readonly conceal: ((call: ForwardCall) => ForwardCall) | undefined;
  #configuration: JwtConfiguration;
  #verifier: RememberingVerifier;
  readonly #refusals: Readonly<Record<JwtRefusal, Refusal>>;
  /** The token that stands in another place than `Authorization`, where the configuration names any. */
  readonly #sentElsewhere: SentCredential | undefined;

  constructor(
    configuration: JwtConfiguration,
    private readonly clock: Clock = systemClock,
    private readonly remote = new RemoteKeySets(clock),
    private readonly consumers = new ConsumerDirectory(),
  ) {
    this.#configuration = configuration;
    this.#verifier = this.#makeVerifier();
    const { places, realm } = configuration;
    this.#refusals = bearerRefusals(JWT_REFUSALS, realm, REQUEST_FAULTS);
    this.#sentElsewhere = places.length === 0 ? undefined : sentCredential(places, { quotedCookies: false });
    // Tokens in an address end up in logs, and those in a cookie were meant for the gateway: neither goes on.
    this.conceal = concealedCredential(places);
    // What was remembered names consumers as they were.
    if (configuration.consumer !== undefined) consumers.onReplaced(() => this.#forget());
  }

  /** From the next request on only this key and its rules count. */
  changeKey(configuration: JwtConfiguration): void {
    this.#configuration = configuration;
    this.#forget();
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    const { req } = exchange;
    const credentials = authorizationOf(req.rawHeaders);
    const elsewhere = this.#sentElsewhere?.(exchange);
    if (elsewhere !== undefined) return this.#authenticateElsewhere(elsewhere, credentials);
    if (credentials === undefined) return this.#refusals.missing;
    if (credentials === REPEATED) return this.#refusals.repeated;
    const now = this.clock.now();
    const verifier = this.#verifier;
    // 1.
    const last = recallLast(req.socket, verifier.mark, credentials);
    if (last?.holdsAt(now)) return last.principal;
    // 2.
    const token = bearerToken(credentials);
    if (token === undefined) return this.#refusals.missing;
    return this.#verify(token, now, (known) => rememberLast(req.socket, verifier.mark, credentials, known));
  }

  #authenticateElsewhere(
    found: string | typeof REPEATED,
    credentials: string | undefined | typeof REPEATED,
  ): Outcome | Promise<Outcome> {
    if (credentials === REPEATED) return this.#refusals.repeated;
    // RFC 6750, section 2: one way in each request.
    const second = credentials !== undefined && bearerToken(credentials) !== undefined;
    return found === REPEATED || second ? this.#refusals.several : this.#verify(found, this.clock.now());
  }

  #verify(token: string, now: number, accepted?: (known: KnownToken) => void): Outcome | Promise<Outcome> {
    if (token === '') return this.#refusals.malformed;
    const outcome = this.#verifier.verify(token, now);
    if (typeof outcome === 'string') return this.#refusals[outcome];
    if (outcome instanceof KeyWanted) return this.#fetchKey(outcome, token);
    accepted?.(outcome);
    return outcome.principal;
  }

  /** Asks the issuer, once for all who wait, and then judges the token with what is known by then. */
  #fetchKey({ source }: KeyWanted, token: string): Outcome | Promise<Outcome> {
    const refreshed = source.refresh();
    if (refreshed === undefined) return this.#withoutKey(source);
    return refreshed.then(() => {
      const outcome = this.#verifier.verify(token, this.clock.now());
      if (typeof outcome === 'string') return this.#refusals[outcome];
      return outcome instanceof KeyWanted ? this.#withoutKey(outcome.source) : outcome.principal;
    });
  }

  /** @throws GatewayError while there are no keys at all: then nothing is known against the token */
  #withoutKey(source: KeySource): Refusal {
    if (source.usableAt(this.clock.now()) !== undefined) return this.#refusals['unknown-key'];
    throw new GatewayError('identity-unavailable', {
      detail: 'The keys of the token issuer are not to be had at the moment.',
      headers: ['Retry-After', String(source.retryAfterSeconds())],
      policy: AUTHENTICATE,
      reason: 'keys-unavailable',
    });
  }

  #forget(): void {
    this.#verifier = this.#makeVerifier();
  }

  #makeVerifier(): RememberingVerifier {
    return new RememberingVerifier(
      new JwtVerifier(this.#configuration, this.clock, this.remote, this.consumers),
    );
  }
}
