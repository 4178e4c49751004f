import { type Clock, systemClock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import { ExpiringMemory } from '../../../contracts/expiring-memory.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { type Principal, principalOf } from '../../../contracts/principal.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import type { ConsumerDirectory } from '../consumers/consumer.directory.js';
import type { ConsumerList, Held, PasswordRecord } from '../consumers/consumer.list.js';
import { authorizationOf } from '../credentials/authorization-field.js';
import { REPEATED } from '../credentials/repeated.js';
import { Refusal } from '../refusal.js';
import { BASIC, type BasicOptions } from './basic.options.js';
import { type BasicCredentials, basicToken, parseBasicToken } from './basic-credentials.js';
import type { HashWork } from './hash-work.js';
import { pairDigest } from './pair-digest.js';
import { PasswordVerifier } from './password.verifier.js';

/** Pairs of user name and password that are remembered: some 3 MB when full. */
const REMEMBERED = 10_000;

export interface BasicParts {
  readonly options: Required<BasicOptions>;
  readonly consumers: ConsumerDirectory;
  /** Shared by all methods of a gateway: it is the process that has so many threads. */
  readonly work: HashWork;
  readonly clock?: Clock;
}

/**
 * Authenticates by `Authorization: Basic …` (RFC 7617).
 *
 * 1. A pair that was verified a short while ago is taken at once. 2. The same pair under way is waited for.
 * 3. Else the hash is worked out, behind those that came before.
 */
export class BasicMethod implements AuthenticationMethod {
  readonly conceal: AuthenticationMethod['conceal'];
  readonly #parts: BasicParts;
  readonly #clock: Clock;
  readonly #verifier = new PasswordVerifier();
  readonly #verified = new ExpiringMemory<Principal>(REMEMBERED);
  readonly #underWay = new Map<string, Promise<Outcome>>();
  readonly #challenges: readonly string[];

  constructor(parts: BasicParts) {
    const { options, consumers, clock = systemClock } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.#challenges = Object.freeze([`Basic realm="${options.realm}", charset="UTF-8"`]);
    this.conceal = options.forward ? undefined : withoutBasic;
    consumers.onReplaced(() => {
      this.#verified.clear();
      this.#underWay.clear();
    });
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    const authorization = authorizationOf(exchange.req.rawHeaders);
    if (authorization === undefined) return this.#refuse('No user name and password were sent.', true);
    if (authorization === REPEATED) return this.#refuse('Credentials were sent more than once.');
    const token = basicToken(authorization);
    if (token === undefined) return this.#refuse('No user name and password were sent.', true);
    // 1.
    const key = pairDigest(token);
    const known = this.#verified.recall(key, this.#clock.monotonic());
    if (known !== undefined) return known;
    const credentials = parseBasicToken(token);
    if (credentials === undefined) return this.#refuse('The user name and password are malformed.');
    // 2. 3.
    return this.#underWay.get(key) ?? this.#begin(key, credentials);
  }

  #begin(key: string, credentials: BasicCredentials): Promise<Outcome> {
    const begun = this.#verify(key, credentials, this.#parts.consumers.current).finally(() => {
      if (this.#underWay.get(key) === begun) this.#underWay.delete(key);
    });
    this.#underWay.set(key, begun);
    return begun;
  }

  async #verify(key: string, credentials: BasicCredentials, list: ConsumerList): Promise<Outcome> {
    const { consumers, options, work } = this.#parts;
    const held = await work.run(() => this.#verifier.verify(credentials, list));
    // What another list proved counts no more: the consumer may be gone.
    if (consumers.current !== list) return this.#verify(key, credentials, consumers.current);
    if (held === undefined) return this.#refuse('The user name or the password is wrong.');
    const principal = principalFrom(held);
    const now = this.#clock.monotonic();
    this.#verified.remember(key, principal, now + options.rememberSeconds * 1_000, now);
    return principal;
  }

  #refuse(detail: string, missing = false): Refusal {
    return new Refusal(missing, detail, this.#challenges);
  }
}

function principalFrom({ consumer, record }: Held<PasswordRecord>): Principal {
  const { username, scopes } = record;
  return principalOf({ method: BASIC, subject: username, credential: username, scopes, consumer });
}

/** Another scheme's credentials, on a route that takes both, are not this method's to take out. */
function withoutBasic(call: ForwardCall): ForwardCall {
  const authorization = authorizationOf(call.exchange.req.rawHeaders);
  const own = typeof authorization === 'string' && basicToken(authorization) !== undefined;
  return own || authorization === REPEATED ? call.withoutHeader('Authorization') : call;
}
