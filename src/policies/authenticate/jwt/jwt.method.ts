import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { Refusal } from '../refusal.js';
import { authorizationOf, bearerToken, REPEATED } from './bearer-token.js';
import { recallLast, rememberLast } from './connection-memo.js';
import type { JwtConfiguration } from './jwt-configuration.js';
import { JWT_REFUSALS, type JwtRefusal } from './jwt-refusal.js';
import { JwtVerifier } from './jwt-verifier.js';
import { RememberingVerifier } from './remembering-verifier.js';

/**
 * Authenticates by `Authorization: Bearer <JWT>`.
 *
 * A token is verified once and then remembered until it expires: 1. by the connection it came on, 2. by its digest.
 * Both memories belong to the verifier, so a new key starts with none.
 */
export class JwtMethod implements AuthenticationMethod {
  #verifier: RememberingVerifier;
  readonly #realm: string;

  constructor(
    configuration: JwtConfiguration,
    private readonly clock: Clock = systemClock,
  ) {
    this.#verifier = new RememberingVerifier(new JwtVerifier(configuration, clock));
    this.#realm = configuration.realm === undefined ? '' : ` realm="${configuration.realm}"`;
  }

  /** From the next request on only this key and its rules count. */
  changeKey(configuration: JwtConfiguration): void {
    this.#verifier = new RememberingVerifier(new JwtVerifier(configuration, this.clock));
  }

  authenticate(exchange: Exchange): Outcome {
    const { req } = exchange;
    const credentials = authorizationOf(req.rawHeaders);
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
    if (token === '') return this.#refusal('malformed');
    const outcome = verifier.verify(token, now);
    if (typeof outcome === 'string') return this.#refusal(outcome);
    rememberLast(req.socket, verifier.mark, credentials, outcome);
    return outcome.principal;
  }

  /** The challenge is that of RFC 6750, section 3. */
  #refusal(refusal: JwtRefusal): Refusal {
    const detail = JWT_REFUSALS[refusal];
    const missing = refusal === 'missing';
    // RFC 6750, section 3.1: a request without a token is told how to authenticate, but no error.
    const error = missing ? '' : `error="invalid_token", error_description="${detail}"`;
    const separator = error !== '' && this.#realm !== '' ? ', ' : error === '' ? '' : ' ';
    return new Refusal(missing, detail, [`Bearer${this.#realm}${separator}${error}`]);
  }
}
