import type { Meter } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import type { LimitObserver, ObservedLimit } from '../contracts/limit-observer.js';
import { CounterTable } from './counter-table.js';
import { describeCause } from './describe-cause.js';
import { EVENTS, type EventLog } from './events.js';

/** How long a rule keeps silent after an event about it. */
const QUIET_MS = 60_000;

interface Silence {
  until: number;
  /** What happened since the last event. */
  requests: number;
}

/**
 * Reports what limits do beside refusing.
 *
 * Whom limits in the shadow would refuse: every request in the metric, a limit once a minute in the log. How limits do
 * without the store that instances share: one line when it is lost, one when it is back, every decision in the metric.
 */
export class LimitReports implements LimitObserver {
  readonly #shadowed: CounterTable;
  readonly #storeUp: CounterTable;
  readonly #bypassed: CounterTable;
  readonly #silences = new Map<string, Silence>();
  readonly #costsRefused = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly events: EventLog,
    meters: readonly Meter[],
  ) {
    this.#shadowed = new CounterTable(ruleAttributes).asCounter(
      meters,
      'portcullis.limits.shadowed',
      'Requests that a limit in the shadow would have refused.',
    );
    this.#storeUp = new CounterTable(() => ({})).asGauge(
      meters,
      'portcullis.limits.store.up',
      'Whether rate limits are counted in Redis: 1 yes, 0 lost. Absent where they are not meant to be.',
    );
    this.#bypassed = new CounterTable((fail) => ({ fail })).asCounter(
      meters,
      'portcullis.limits.store.bypassed',
      'Decisions about rate limits made without Redis while it was lost.',
    );
  }

  wouldRefuse({ policy, name, bucket, route }: ObservedLimit): void {
    this.#shadowed.add(JSON.stringify([policy, name, route]), 1);
    const id = JSON.stringify([policy, name, bucket]);
    const now = this.clock.monotonic();
    let silence = this.#silences.get(id);
    if (silence === undefined) {
      silence = { until: now, requests: 0 };
      this.#silences.set(id, silence);
    }
    silence.requests++;
    if (now < silence.until) return;
    this.events.warn(EVENTS.limitWouldRefuse, {
      policy,
      limit: name,
      bucket,
      route,
      requests: silence.requests,
    });
    silence.until = now + QUIET_MS;
    silence.requests = 0;
  }

  costRefused({ policy, name, bucket, route }: ObservedLimit, said: unknown): void {
    const id = JSON.stringify([policy, name, bucket]);
    if (this.#costsRefused.has(id)) return;
    this.#costsRefused.add(id);
    const found =
      said instanceof Error ? said.message : typeof said === 'number' ? String(said) : typeof said;
    this.events.warn(EVENTS.limitCostRefused, { policy, limit: name, bucket, route, said: found });
  }

  storeExpected(): void {
    this.#storeUp.set('', 1);
    for (const fail of ['open', 'closed', 'local']) this.#bypassed.touch(fail);
  }

  storeLost(cause: unknown): void {
    this.#storeUp.set('', 0);
    this.events.error(EVENTS.limitStoreLost, { cause: describeCause(cause, false) });
  }

  storeBack(): void {
    this.#storeUp.set('', 1);
    this.events.info(EVENTS.limitStoreBack);
  }

  decidedWithoutStore(fail: string): void {
    this.#bypassed.add(fail, 1);
  }
}

function ruleAttributes(key: string): { readonly [name: string]: string } {
  const [policy, name, route] = JSON.parse(key) as [string, string, string];
  return { 'portcullis.policy': policy, 'portcullis.limit': name, 'http.route': route };
}
