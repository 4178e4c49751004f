import { type Consumer, type Principal, principalOf } from '../../../contracts/principal.js';
import { scopesOf } from '../scopes.js';
import { INTROSPECTION } from './introspection.options.js';
import type { ActiveToken } from './introspection-answer.js';

/** A token that its issuer called active: who it names, and how long that may be believed. */
export class IntrospectedToken {
  /** The client the token was issued to. */
  readonly clientId: string | undefined;
  readonly #token: ActiveToken;
  #principal: Principal | undefined;

  constructor(token: ActiveToken) {
    this.#token = token;
    this.clientId = token.claims['client_id'] as string | undefined;
  }

  /** Both ends are asked: the wall clock can be set back. */
  holdsAt(nowMs: number): boolean {
    return nowMs < this.#token.expiresAtMs && nowMs >= this.#token.validFromMs;
  }

  /** @param consumer who the client is now: the list of consumers is replaced while the gateway runs */
  principal(consumer: Consumer | undefined): Principal {
    const known = this.#principal;
    if (known !== undefined && known.consumer === consumer) return known;
    const { claims } = this.#token;
    const principal = principalOf({
      subject: claims['sub'] as string | undefined,
      scopes: scopesOf(claims['scope']),
      claims,
      method: INTROSPECTION,
      consumer,
      credential: this.clientId,
    });
    this.#principal = principal;
    return principal;
  }
}
