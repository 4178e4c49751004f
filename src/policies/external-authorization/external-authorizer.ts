import type { Clock } from '../../contracts/clock.js';
import type { Exchange } from '../../contracts/exchange.js';
import { ExpiringMemory } from '../../contracts/expiring-memory.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { HeaderEdit } from '../../contracts/header-edit.js';
import type { Callout } from '../outbound/callout.js';
import { cappedFetch } from '../outbound/capped-fetch.js';
import { speaksAgainstServer } from '../outbound/unusable-answer.js';
import { type AuthorizationQuestion, questionOf } from './authorization-question.js';
import { type AuthorizationVerdict, verdictOf } from './authorization-verdict.js';
import { clientTwins } from './client-twins.js';
import { EXTERNAL_AUTHORIZATION } from './external-authorization.decorator.js';
import type { ExternalAuthorizationSettings } from './external-authorization.options.js';

/** A body that explains a verdict is read to its end, so that the connection can be used again, up to here. */
const ANSWER_MAX_BYTES = 65_536;
const REMEMBERED = 10_000;

/** Asks one server about requests: 1. what is remembered, 2. the server, once for all that show the same. */
export class ExternalAuthorizer {
  readonly #recent = new ExpiringMemory<AuthorizationVerdict>(REMEMBERED);
  readonly #twins: ReturnType<typeof clientTwins>;

  constructor(
    private readonly settings: ExternalAuthorizationSettings,
    private readonly callout: Callout<AuthorizationVerdict>,
    private readonly clock: Clock,
  ) {
    this.#twins = clientTwins(settings.forwardHeaders, settings.upstreamHeaders);
  }

  /**
   * The edits of a request that may pass.
   *
   * @throws GatewayError `unauthenticated` or `forbidden` as the server decided, `identity-unavailable` when it did not
   */
  authorize(exchange: Exchange): readonly HeaderEdit[] | Promise<readonly HeaderEdit[]> {
    const question = questionOf(exchange, this.settings);
    // 1.
    const known = this.#recent.recall(question.key, this.clock.monotonic());
    if (known !== undefined) return this.#settle(exchange, known);
    // 2.
    return this.callout
      .ask(question.key, () => this.#ask(question, exchange.correlationId))
      .then(
        (verdict) => this.#settle(exchange, verdict),
        (error: unknown) => this.#withoutVerdict(exchange, error),
      );
  }

  async #ask(question: AuthorizationQuestion, correlationId: string): Promise<AuthorizationVerdict> {
    const { url, timeoutMs, cacheMs, upstreamHeaders } = this.settings;
    const answer = await cappedFetch({
      url,
      // That of whoever asked first, and no part of the question.
      headers: { ...question.headers, 'x-correlation-id': correlationId },
      timeoutMs,
      maxBytes: ANSWER_MAX_BYTES,
    });
    const verdict = verdictOf(answer, upstreamHeaders);
    const now = this.clock.monotonic();
    if (cacheMs > 0 && !forbidsStorage(answer.headers)) {
      this.#recent.remember(question.key, verdict, now + cacheMs, now);
    }
    return verdict;
  }

  #settle(exchange: Exchange, verdict: AuthorizationVerdict): readonly HeaderEdit[] {
    switch (verdict.kind) {
      case 'allowed':
        return [...this.#twins(exchange.req.rawHeaders), ...verdict.fields];
      case 'unauthenticated':
        throw new GatewayError('unauthenticated', {
          policy: EXTERNAL_AUTHORIZATION,
          reason: 'external-denied',
          headers: ['WWW-Authenticate', verdict.challenge],
        });
      case 'denied':
        throw new GatewayError('forbidden', { policy: EXTERNAL_AUTHORIZATION, reason: 'external-denied' });
    }
  }

  /** Open only where it is the server that fails: who can make the own question fail must not get in by that. */
  #withoutVerdict(exchange: Exchange, error: unknown): readonly HeaderEdit[] {
    const failing = error instanceof GatewayError && speaksAgainstServer(error.cause);
    if (this.settings.failOpen === undefined || !failing) throw error;
    return this.#twins(exchange.req.rawHeaders);
  }
}

/** RFC 9111, section 5.2.2.5. */
function forbidsStorage(headers: Headers): boolean {
  return /(?:^|,)\s*no-store\s*(?:,|$)/i.test(headers.get('cache-control') ?? '');
}
