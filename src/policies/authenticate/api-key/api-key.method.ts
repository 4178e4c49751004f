import { canBeApiKey, digestOfApiKey } from '../../../contracts/api-key-text.js';
import type { Clock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { type Principal, principalOf } from '../../../contracts/principal.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { concealedCredential } from '../credentials/concealed-credential.js';
import { placeOf } from '../credentials/credential-place.js';
import { REPEATED } from '../credentials/repeated.js';
import { type SentCredential, sentCredential } from '../credentials/sent-credential.js';
import { Refusal } from '../refusal.js';
import { API_KEY, type ApiKeyOptions } from './api-key.options.js';
import type { ApiKeyStore, HeldKey } from './api-key.store.js';

/** What a client reads; nothing says whether a key like the one sent exists. */
const DETAILS = {
  missing: 'An API key is required.',
  repeated: 'More than one API key was sent.',
  unknown: 'The API key is not valid.',
  early: 'The API key is not valid yet.',
  expired: 'The API key has expired.',
} as const;
type Reason = keyof typeof DETAILS;

/** Takes the one key of a request and asks the store for its digest; keys are never compared as text. */
export class ApiKeyMethod implements AuthenticationMethod {
  readonly conceal: ((call: ForwardCall) => ForwardCall) | undefined;
  readonly #sent: SentCredential;
  readonly #store: ApiKeyStore;
  readonly #refusals: Readonly<Record<Reason, Refusal>>;
  /** One for each key that was seen, as long as the store holds it. */
  readonly #principals = new WeakMap<HeldKey, Principal>();

  constructor(
    options: Required<Pick<ApiKeyOptions, 'in' | 'forward'>> & Pick<ApiKeyOptions, 'realm'>,
    store: ApiKeyStore,
    private readonly clock: Clock,
  ) {
    this.#sent = sentCredential(options.in, { quotedCookies: true });
    this.#store = store;
    this.conceal = options.forward ? undefined : concealedCredential(options.in);
    const challenges = challengesOf(options);
    this.#refusals = Object.fromEntries(
      Object.entries(DETAILS).map(([reason, detail]) => [
        reason,
        new Refusal(reason === 'missing', detail, challenges),
      ]),
    ) as unknown as Readonly<Record<Reason, Refusal>>;
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    const sent = this.#sent(exchange);
    if (sent === undefined) return this.#refusals.missing;
    if (sent === REPEATED) return this.#refusals.repeated;
    if (!canBeApiKey(sent)) return this.#refusals.unknown;
    const found = this.#store.find(digestOfApiKey(sent));
    return found instanceof Promise ? found.then((held) => this.#judge(held)) : this.#judge(found);
  }

  #judge(held: HeldKey | undefined): Outcome {
    if (held === undefined) return this.#refusals.unknown;
    const { notBeforeMs, expiresAtMs } = held.record;
    if (notBeforeMs !== undefined || expiresAtMs !== undefined) {
      const now = this.clock.now();
      if (notBeforeMs !== undefined && now < notBeforeMs) return this.#refusals.early;
      if (expiresAtMs !== undefined && now >= expiresAtMs) return this.#refusals.expired;
    }
    const known = this.#principals.get(held);
    if (known !== undefined) return known;
    const principal = principalOf({
      method: API_KEY,
      subject: held.consumer.id,
      scopes: held.record.scopes,
      consumer: held.consumer,
      credential: held.record.id,
    });
    this.#principals.set(held, principal);
    return principal;
  }
}

/**
 * One challenge for each place a key may be sent in. No scheme for API keys is registered with IANA, and RFC 9110 wants
 * a challenge in every 401: the scheme is `ApiKey`, its parameters are those of OpenAPI's security scheme `apiKey`.
 */
function challengesOf({
  in: sources,
  realm,
}: Pick<ApiKeyOptions, 'realm'> & Required<Pick<ApiKeyOptions, 'in'>>) {
  const named = realm === undefined ? '' : `realm="${realm}", `;
  return sources.map((source) => {
    const { kind, name } = placeOf(source);
    return `ApiKey ${named}in="${kind}", name="${quotable(name)}"`;
  });
}

/** RFC 9110, section 5.6.4; a query parameter may have any name. */
function quotable(name: string): string {
  return encodeURI(name).replaceAll('"', '%22').replaceAll('\\', '%5C');
}
