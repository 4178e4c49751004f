import { type Clock, systemClock } from '../../contracts/clock.js';
import type { Exchange } from '../../contracts/exchange.js';
import type { ForwardCall } from '../../contracts/forward-call.js';
import type { AttemptTrace, Forwarder, Target } from '../../contracts/forwarder.js';
import { GatewayError } from '../../contracts/gateway-error.js';
import type { TimeoutOptions } from '../../contracts/upstream-definition.js';
import { SILENT_OBSERVER, type UpstreamObserver } from '../../contracts/upstream-observer.js';
import { UpstreamResponse } from '../../contracts/upstream-response.js';
import type { UpstreamStatus } from '../../contracts/upstream-status.js';
import { Breaker, type BreakerPass } from '../../resilience/breaker.js';
import { Deadline } from '../../resilience/deadline.js';
import { RetryBudget } from '../../resilience/retry-budget.js';
import { overrideTimeouts, type TimeoutSettings } from '../../resilience/timeout.options.js';
import { TargetPool } from '../../targets/target-pool.js';
import { namedError } from './named-error.js';
import { canReplay, diedInPool } from './replay.js';
import type { RequestBuilder } from './request-builder.port.js';
import type { UpstreamSettings } from './upstream.settings.js';
import { WatchedBody } from './watched-body.js';

export interface UpstreamRuntimeParts {
  readonly settings: UpstreamSettings;
  readonly forwarder: Forwarder;
  readonly builder: RequestBuilder;
  /** Carries handshakes of WebSockets; absent where there can be none. */
  readonly upgrades?: Forwarder;
  /** Chooses a target by the request, another than the one that failed; `undefined` leaves it to the turn. Absent: always. */
  readonly choose?: ChooseTarget | undefined;
  readonly observer?: UpstreamObserver;
  readonly clock?: Clock;
}

/** Gives a request its target. */
export type ChooseTarget = (exchange: Exchange, failed: Target | undefined) => Target | undefined;

/** One declared upstream at work: carries calls to its targets under its deadline, retries and breaker. */
export class UpstreamRuntime {
  readonly name: string;
  readonly settings: UpstreamSettings;
  /** `undefined` when it is switched off. */
  readonly breaker: Breaker | undefined;
  readonly #forwarder: Forwarder;
  readonly #upgrades: Forwarder | undefined;
  readonly #builder: RequestBuilder;
  readonly #choose: ChooseTarget | undefined;
  readonly #observer: UpstreamObserver;
  readonly #clock: Clock;
  readonly #pool: TargetPool;
  readonly #budget: RetryBudget | undefined;
  readonly #failureStatuses: readonly number[];
  readonly #retryStatuses: readonly number[];
  /** Routes hand in one object each: their clocks over the upstream's are worked out once. */
  readonly #routeTimeouts = new WeakMap<TimeoutOptions, TimeoutSettings>();

  constructor({ settings, forwarder, builder, upgrades, choose, observer, clock }: UpstreamRuntimeParts) {
    const { name, breaker, retry, targets } = settings;
    this.name = name;
    this.settings = settings;
    this.#forwarder = forwarder;
    this.#upgrades = upgrades;
    this.#builder = builder;
    this.#choose = choose;
    this.#observer = observer ?? SILENT_OBSERVER;
    this.#clock = clock ?? systemClock;
    this.#pool = new TargetPool(targets);
    this.breaker =
      breaker === undefined ? undefined : new Breaker(name, breaker, this.#observer, this.#clock);
    this.#budget = retry === undefined ? undefined : new RetryBudget(retry.budgetPercent);
    this.#failureStatuses = breaker?.failureStatuses ?? [];
    this.#retryStatuses = retry?.statuses ?? [];
  }

  /**
   * Carries a call to the upstream and answers with its response, whatever its status.
   *
   * 1. The deadline starts; it is shared by all attempts.
   * 2. The breaker lets the attempt start, or refuses.
   * 3. The request's own target is picked, or the next in turn; after a failure another than the one that failed.
   * 4. The attempt is made and recorded.
   * 5. A response settles the breaker. One whose status is worth a retry goes back to 2, within the budget.
   * 6. An error that is not the upstream's leaves at once and counts nowhere.
   * 7. A connection that died in the pool is replaced once, for free.
   * 8. Any other failure counts, and goes back to 2 when the call can be replayed, within the budget.
   *
   * @throws GatewayError under the upstream's name (`upstream-*`, `breaker-open`, `overloaded`), or the reason
   * the exchange was cancelled with
   */
  async execute(call: ForwardCall): Promise<UpstreamResponse> {
    const { exchange } = call;
    const { cancellation } = exchange;
    exchange.upstream = this.name;
    let now = this.#clock.monotonic();
    this.#budget?.countCall(now);
    // 1.
    const deadline = new Deadline(this.#timeoutsOf(exchange), now);
    let retries = 0;
    let replaced = false;
    let pass: BreakerPass | undefined;
    let failed: Target | undefined;

    for (;;) {
      if (cancellation.reason !== undefined) throw cancellation.reason;
      // 2.
      pass ??= this.breaker?.enter();
      // 3.
      const target = this.#choose?.(exchange, failed) ?? this.#pool.pick(failed);
      // 4.
      const trace: AttemptTrace = { reused: false, sent: false, answered: false };
      const startedAt = now;
      const started = this.#observer.attemptStarted(exchange, this.name, target);
      let response: UpstreamResponse | undefined;
      let thrown: unknown;
      exchange.attempts++;
      exchange.tries?.push({ target, startedAt: now, status: 0 });
      try {
        const request = this.#builder.build(call, target);
        const timeouts = deadline.timeouts(now);
        const forwarder = request.upgrade === true ? this.#upgrader() : this.#forwarder;
        response = await forwarder.forward(request, target, timeouts, cancellation, trace);
      } catch (caught) {
        thrown = caught;
      }
      now = this.#clock.monotonic();
      exchange.upstreamMs += now - startedAt;
      exchange.upstreamStatus = response?.status ?? 0;
      const tried = exchange.tries?.at(-1);
      if (tried !== undefined) tried.status = exchange.upstreamStatus;

      // 5.
      if (response !== undefined) {
        this.#observer.attemptEnded(started, this.name, response.status, undefined);
        if (this.#failureStatuses.includes(response.status)) pass?.failed();
        else pass?.succeeded();
        pass = undefined;
        const again =
          this.#retryStatuses.includes(response.status) &&
          this.#mayRetry(call, trace, retries, deadline, now);
        if (!again) return this.#named(response, exchange);
        response.body.discard();
        this.#observer.retried(this.name, `status ${response.status}`);
        failed = target;
        retries++;
        continue;
      }

      // 6.
      const error = thrown instanceof GatewayError ? namedError(thrown, this.name) : undefined;
      this.#observer.attemptEnded(
        started,
        this.name,
        0,
        error ?? new GatewayError('internal', { cause: thrown }),
      );
      if (error?.source !== 'upstream' || cancellation.reason !== undefined) {
        pass?.abandoned();
        throw error ?? thrown;
      }

      failed = target;
      // 7. The pass is kept: a half-open breaker's trial must not be lost on a connection nobody used.
      if (
        !replaced &&
        this.#budget !== undefined &&
        diedInPool(error, trace) &&
        canReplay(call, trace) &&
        !deadline.passed(now)
      ) {
        replaced = true;
        this.#observer.retried(this.name, 'dead connection');
        continue;
      }

      // 8.
      pass?.failed();
      pass = undefined;
      if (!this.#isWorthRetrying(error) || !this.#mayRetry(call, trace, retries, deadline, now)) throw error;
      this.#observer.retried(this.name, error.code);
      retries++;
    }
  }

  /** How it fares, for health and the admin port. */
  status(): UpstreamStatus {
    const { breaker } = this;
    const pools = this.#forwarder.stats?.();
    return {
      name: this.name,
      healthy: breaker?.state !== 'open',
      critical: this.settings.critical,
      breaker: breaker === undefined ? undefined : { state: breaker.state, ...breaker.stats() },
      targets: this.#pool.targets.map((target) => ({
        id: target.id,
        weight: target.weight,
        pool: pools?.get(target.id),
      })),
    };
  }

  /** Stops the breaker's timers and closes connections as they fall idle; calls in flight finish. */
  close(): void {
    this.breaker?.shutdown();
    this.#forwarder.close();
    this.#upgrades?.close();
  }

  #upgrader(): Forwarder {
    if (this.#upgrades !== undefined) return this.#upgrades;
    throw new GatewayError('internal', { cause: new Error('This upstream carries no WebSockets.') });
  }

  #isWorthRetrying({ retryable, code }: GatewayError): boolean {
    return retryable || (code === 'upstream-timeout' && this.settings.retry?.afterTimeout === true);
  }

  /** Takes one retry out of the budget when everything else allows it: ask last. */
  #mayRetry(
    call: ForwardCall,
    trace: AttemptTrace,
    retries: number,
    deadline: Deadline,
    now: number,
  ): boolean {
    const { retry } = this.settings;
    return (
      retry !== undefined &&
      retries < retry.attempts &&
      canReplay(call, trace) &&
      call.exchange.cancellation.reason === undefined &&
      !deadline.passed(now) &&
      this.breaker?.admits !== false &&
      (this.#budget as RetryBudget).take(now)
    );
  }

  #timeoutsOf(exchange: Exchange): TimeoutSettings {
    const route = exchange.timeouts;
    if (route === undefined) return this.settings.timeouts;
    let merged = this.#routeTimeouts.get(route);
    if (merged === undefined) {
      merged = overrideTimeouts(this.settings.timeouts, route);
      this.#routeTimeouts.set(route, merged);
    }
    return merged;
  }

  /** The response under the upstream's name, its body watched when it is still to come. */
  #named(response: UpstreamResponse, exchange: Exchange): UpstreamResponse {
    const { status, headers, body } = response;
    if (body.whole === undefined) {
      const watched = new WatchedBody(body, this.name, this.breaker, exchange.cancellation);
      return new UpstreamResponse(status, headers, watched, this.name);
    }
    return response.upstream === this.name
      ? response
      : new UpstreamResponse(status, headers, body, this.name);
  }
}
