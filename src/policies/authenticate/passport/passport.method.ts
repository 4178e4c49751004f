import type { Exchange } from '../../../contracts/exchange.js';
import type { ForwardCall } from '../../../contracts/forward-call.js';
import { GatewayError } from '../../../contracts/gateway-error.js';
import { AUTHENTICATE } from '../authenticate.options.js';
import type { AuthenticationMethod, Outcome } from '../authentication-method.js';
import { authorizationOf } from '../credentials/authorization-field.js';
import { REPEATED } from '../credentials/repeated.js';
import { Refusal } from '../refusal.js';
import { isChallenge, type NamedPassportOptions, PASSPORT_DEFAULTS } from './passport.options.js';
import type { RegisteredStrategy } from './passport.registry.js';
import { principalOfUser } from './principal-of-user.js';
import { attempt, type Decision } from './strategy.attempt.js';
import { StrategyRequest } from './strategy.request.js';

/** Lets a passport strategy decide who is there. */
export class PassportMethod implements AuthenticationMethod {
  readonly conceal: AuthenticationMethod['conceal'];
  readonly #strategy: RegisteredStrategy;
  readonly #options: NamedPassportOptions;
  readonly #timeoutMs: number;
  readonly #challenges: readonly string[];
  readonly #credentialHeaders: ReadonlySet<string> | undefined;

  constructor(strategy: RegisteredStrategy, options: NamedPassportOptions) {
    const { name, challenge, credentialHeaders, timeoutMs = PASSPORT_DEFAULTS.timeoutMs } = options;
    this.#strategy = strategy;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    // A 401 must name a way in (RFC 9110, section 15.5.2), and nobody knows a better word for this one.
    const scheme = isChallenge(name) ? name : 'Passport';
    this.#challenges = Object.freeze([challenge ?? scheme]);
    this.#credentialHeaders =
      credentialHeaders && new Set(credentialHeaders.map((header) => header.toLowerCase()));
    this.conceal = credentialHeaders && ((call) => without(call, credentialHeaders));
  }

  authenticate(exchange: Exchange): Outcome | Promise<Outcome> {
    if (authorizationOf(exchange.req.rawHeaders) === REPEATED) {
      return this.#refuse('Credentials were sent more than once.');
    }
    const { options = NO_OPTIONS } = this.#options;
    const request = new StrategyRequest(exchange);
    const decision = attempt(this.#strategy, request, { ...options }, this.#timeoutMs);
    return decision instanceof Promise
      ? decision.then((settled) => this.#outcome(settled, exchange))
      : this.#outcome(decision, exchange);
  }

  #outcome(decision: Decision, exchange: Exchange): Outcome {
    switch (decision.kind) {
      case 'success':
        return this.#accept(decision.user, decision.info);
      case 'fail':
        return this.#refuse('The credentials were not accepted.', this.#isMissing(exchange), [
          decision.challenge,
        ]);
      case 'error':
        return this.#failed(decision.error);
      case 'thrown':
        throw this.#broken(decision.error);
      case 'redirect':
        return this.#refuse(
          'The strategy wants to send the client to log in, and a gateway route is no login page.',
        );
      case 'pass':
        return this.#refuse('The strategy did not decide.');
      case 'timeout':
        throw this.#unavailable(new Error(`It did not answer within ${this.#timeoutMs} ms.`));
    }
  }

  #accept(user: unknown, info: unknown): Outcome {
    // To passport `done(null, false)` is a refusal; a strategy that hands it on means the same.
    if (user === undefined || user === null || user === false) {
      return this.#refuse('The credentials were not accepted.');
    }
    try {
      return principalOfUser(user, info, this.#options);
    } catch (error) {
      throw this.#broken(error);
    }
  }

  /** A refusal that was thrown is one: Nest's `validate` throws UnauthorizedException. */
  #failed(error: unknown): Refusal {
    const status = statusOf(error);
    if (status === 401) return this.#refuse('The credentials were not accepted.');
    if (status === 403) throw new GatewayError('forbidden', { policy: AUTHENTICATE, cause: error });
    throw this.#unavailable(error);
  }

  /** Without the headers it reads, whoever came showed nothing. */
  #isMissing({ req }: Exchange): boolean {
    const names = this.#credentialHeaders;
    if (names === undefined) return false;
    return !req.rawHeaders.some((name, index) => index % 2 === 0 && names.has(name.toLowerCase()));
  }

  #refuse(detail: string, missing = false, challenges: readonly unknown[] = []): Refusal {
    const named = challenges.flat().filter(isChallenge);
    return new Refusal(missing, detail, named.length > 0 ? named : this.#challenges);
  }

  #unavailable(cause: unknown): GatewayError {
    return new GatewayError('identity-unavailable', { policy: AUTHENTICATE, cause: this.#named(cause) });
  }

  #broken(cause: unknown): GatewayError {
    return new GatewayError('internal', { policy: AUTHENTICATE, cause: this.#named(cause) });
  }

  /** For the log alone: which strategy it was. */
  #named(cause: unknown): Error {
    // The message of a JSON syntax error quotes the text it failed on.
    const said = cause instanceof Error && !(cause instanceof SyntaxError) ? `: ${cause.message}` : '';
    return new Error(`The passport strategy "${this.#options.name}" failed${said}`, { cause });
  }
}

const NO_OPTIONS = Object.freeze({});

const without = (call: ForwardCall, names: readonly string[]): ForwardCall =>
  names.reduce((kept, name) => kept.withoutHeader(name), call);

function statusOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, getStatus } = error as { status?: unknown; getStatus?: unknown };
  return typeof getStatus === 'function' ? (getStatus.call(error) as unknown) : status;
}
