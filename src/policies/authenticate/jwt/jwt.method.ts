import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import { AUTHENTICATE } from '../authenticate.options.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { Refusal } from '../refusal.js';
import { authorizationOf, bearerToken, REPEATED } from './bearer-token.js';
import { recallLast, rememberLast } from './connection-memo.js';
import type { JwtConfiguration } from './jwt-configuration.js';
import { JWT_REFUSALS, type JwtRefusal, REQUEST_FAULTS } from './jwt-refusal.js';
import { JwtVerifier, KeyWanted } from './jwt-verifier.js';
import type { KeySource } from './key-source.js';
import type { KnownToken } from './known-token.js';
import { RememberingVerifier } from './remembering-verifier.js';
import { RemoteKeySets } from './remote-key-sets.js';
import { TokenPlaces } from './token-places.js';

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
  readonly #realm: string;
  readonly #places: TokenPlaces | undefined;

  constructor(
    configuration: JwtConfiguration,
    private readonly clock: Clock = systemClock,
    private readonly remote = new RemoteKeySets(clock),
    private readonly consumers = new ConsumerDirectory(),
  ) {
    this.#configuration = configuration;
    this.#verifier = this.#makeVerifier();
    this.#realm = configuration.realm === undefined ? '' : ` realm="${configuration.realm}"`;
    this.#places = configuration.places.length === 0 ? undefined : new TokenPlaces(configuration.places);
    this.conceal = this.#places?.conceal;
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
    if (this.#places !== undefined) {
      const found = this.#places.find(exchange);
      if (found !== undefined) return this.#authenticateElsewhere(found, credentials);
    }
    if (credentials === undefined) return this.#refusal('missing');
    if (credentials === REPEATED) return this.#refusal('repeated');
    const now = this.clock.now();
    const verifier = this.#verifier;
    // 1.
    const last = recallLast(req.socket, verifier.mark, credentials);
    if (last?.holdsAt(now)) return last.principal;
    // 2.
    const token = bearerToken(credentials);
    if (token === undefined) return this.#refusal('missing');
    return this.#verify(token, (known) => rememberLast(req.socket, verifier.mark, credentials, known));
  }

  #authenticateElsewhere(
    found: string | typeof REPEATED,
    credentials: string | undefined | typeof REPEATED,
  ): Outcome | Promise<Outcome> {
    if (credentials === REPEATED) return this.#refusal('repeated');
    // RFC 6750, section 2: one way in each request.
    const second = credentials !== undefined && bearerToken(credentials) !== undefined;
    return found === REPEATED || second ? this.#refusal('several') : this.#verify(found);
  }

  #verify(token: string, accepted?: (known: KnownToken) => void): Outcome | Promise<Outcome> {
    if (token === '') return this.#refusal('malformed');
    const outcome = this.#verifier.verify(token, this.clock.now());
    if (typeof outcome === 'string') return this.#refusal(outcome);
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
      if (typeof outcome === 'string') return this.#refusal(outcome);
      return outcome instanceof KeyWanted ? this.#withoutKey(outcome.source) : outcome.principal;
    });
  }

  /** @throws GatewayError while there are no keys at all: then nothing is known against the token */
  #withoutKey(source: KeySource): Refusal {
    if (source.usableAt(this.clock.now()) !== undefined) return this.#refusal('unknown-key');
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

  /** The challenge is that of RFC 6750, section 3. */
  #refusal(refusal: JwtRefusal): Refusal {
    const detail = JWT_REFUSALS[refusal];
    const missing = refusal === 'missing';
    const code = REQUEST_FAULTS.has(refusal) ? 'invalid_request' : 'invalid_token';
    // RFC 6750, section 3.1: a request without a token is told how to authenticate, but no error.
    const error = missing ? '' : `error="${code}", error_description="${detail}"`;
    const separator = error !== '' && this.#realm !== '' ? ', ' : error === '' ? '' : ' ';
    return new Refusal(missing, detail, [`Bearer${this.#realm}${separator}${error}`]);
  }
}
