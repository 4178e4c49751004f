import { hash } from 'node:crypto';
import type { Clock } from '../../../contracts/clock.js';
import type { Exchange } from '../../../contracts/exchange.js';
import { ExpiringMemory } from '../../../contracts/expiring-memory.js';
import type { Callout } from '../../outbound/callout.js';
import { cappedFetch } from '../../outbound/capped-fetch.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { bearerRefusals } from '../bearer-refusals.js';
import type { ConsumerDirectory } from '../consumers/consumer.directory.js';
import { authorizationOf, bearerToken } from '../credentials/authorization-field.js';
import { REPEATED } from '../credentials/repeated.js';
import type { Refusal } from '../refusal.js';
import { IntrospectedToken } from './introspected-token.js';
import { judgeToken, readIntrospection } from './introspection-answer.js';
import type { IntrospectionConfiguration } from './introspection-configuration.js';
import { INTROSPECTION_REFUSALS, type IntrospectionRefusal } from './introspection-refusal.js';

/** An answer of an authorization server is some hundred bytes. */
const ANSWER_MAX_BYTES = 65_536;
/** A longer answer is believed and not remembered: 10,000 of them are what the memory can hold at most. */
const REMEMBERED_MAX_BYTES = 8_192;
/** Remembered tokens of each kind: those that are active, and apart from them those that were refused. */
const REMEMBERED = 10_000;

/** No issuer makes a longer one, and a form of any length could be one that the server refuses. */
const TOKEN_MAX_LENGTH = 8_192;

/** RFC 6750, section 2.1. */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** Three parts with two dots: what a JWT looks like, whatever is in it. */
const JWT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/;

/**
 * Authenticates by `Authorization: Bearer <token>` and by asking the server that issued it.
 *
 * 1. the token's form  2. what is remembered of it, by its digest  3. the server, once for all requests that wait
 *
 * A flood of tokens that nobody issued fills the memory of refusals, never that of active tokens. While the server is
 * not to be reached, tokens that are remembered go on to the end of their time; all others are `identity-unavailable`.
 */
export class IntrospectionMethod implements AuthenticationMethod {
  readonly #configuration: IntrospectionConfiguration;
  readonly #callout: Callout<IntrospectedToken | IntrospectionRefusal>;
  readonly #refusals: Readonly<Record<IntrospectionRefusal, Refusal>>;
  readonly #active = new ExpiringMemory<IntrospectedToken>(REMEMBERED);
  readonly #refused = new ExpiringMemory<IntrospectionRefusal>(REMEMBERED);
  #headers: Readonly<Record<string, string>>;

  constructor(
    configuration: IntrospectionConfiguration,
    callout: Callout<IntrospectedToken | IntrospectionRefusal>,
    private readonly consumers: ConsumerDirectory,
    private readonly clock: Clock,
  ) {
    this.#configuration = configuration;
    this.#callout = callout;
    this.#refusals = bearerRefusals(INTROSPECTION_REFUSALS, configuration.realm);
    this.#headers = headersFor(configuration.server);
  }

  /** From the next question on the gateway is this client. What was answered to the old one still holds. */
  changeClient(client: ClientCredentials): void {
    this.#headers = headersFor(client);
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    // 1.
    const credentials = authorizationOf(exchange.req.rawHeaders);
    if (credentials === undefined) return this.#refusals.missing;
    if (credentials === REPEATED) return this.#refusals.repeated;
    const token = bearerToken(credentials);
    if (token === undefined) return this.#refusals.missing;
    if (token.length > TOKEN_MAX_LENGTH || !B64TOKEN.test(token)) return this.#refusals.malformed;
    if (this.#configuration.opaqueOnly && JWT_FORM.test(token)) return this.#refusals.malformed;
    // 2. 32 bytes as one string of as many characters: a key that a Map compares by content.
    const key = hash('sha256', token, 'latin1');
    const now = this.clock.monotonic();
    const known = this.#active.recall(key, now) ?? this.#refused.recall(key, now);
    if (known !== undefined) return this.#settle(known);
    // 3.
    return this.#callout.ask(key, () => this.#ask(token, key)).then((told) => this.#settle(told));
  }

  #settle(told: IntrospectedToken | IntrospectionRefusal): Outcome {
    if (typeof told === 'string') return this.#refusals[told];
    if (!told.holdsAt(this.clock.now())) return this.#refusals.expired;
    return told.principal(told.clientId === undefined ? undefined : this.consumers.byId(told.clientId));
  }

  async #ask(token: string, key: string): Promise<IntrospectedToken | IntrospectionRefusal> {
    const { server, timeoutMs, cacheMs, refusedCacheMs } = this.#configuration;
    const answer = await cappedFetch({
      url: server.url,
      method: 'POST',
      headers: this.#headers,
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      timeoutMs,
      maxBytes: ANSWER_MAX_BYTES,
    });
    const judged = judgeToken(readIntrospection(answer), this.#configuration, this.clock.now());
    const now = this.clock.monotonic();
    if (typeof judged === 'string') {
      this.#refused.remember(key, judged, now + refusedCacheMs, now);
      return judged;
    }
    const active = new IntrospectedToken(judged);
    if (answer.body.length <= REMEMBERED_MAX_BYTES) this.#active.remember(key, active, now + cacheMs, now);
    return active;
  }
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** RFC 6749, section 2.3.1: name and password are form-encoded before they are put together. */
function headersFor({ clientId, clientSecret }: ClientCredentials): Readonly<Record<string, string>> {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return {
    Authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    'Content-Type': 'application/x-www-form-urlencoded',
    Accept: 'application/json',
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
