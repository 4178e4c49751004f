import type { Meter } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import type { LimitObserver, ObservedLimit } from '../contracts/limit-observer.js';
import { CounterTable } from './counter-table.js';
import { describeCause } from './describe-cause.js';
import { EVENTS, type EventLog } from './events.js';
import { Silences } from './silences.js';

/**
 * Reports what limits do beside refusing.
 *
 * Whom limits in the shadow would refuse, and keys that a full store gave up: every one in the metric, once a minute in the
 * log. How limits do
 * without the store that instances share: one line when it is lost, one when it is back, every decision in the metric.
 */
export class LimitReports implements LimitObserver {
  readonly #shadowed: CounterTable;
  readonly #evicted: CounterTable;
  readonly #storeUp: CounterTable;
  readonly #bypassed: CounterTable;
  readonly #silences: Silences;
  readonly #costsRefused = new Set<string>();

  constructor(
    clock: Clock,
    private readonly events: EventLog,
    meters: readonly Meter[],
  ) {
    this.#silences = new Silences(clock);
    this.#shadowed = new CounterTable(ruleAttributes).asCounter(
      meters,
      'portcullis.limits.shadowed',
      'Requests that a limit in the shadow would have refused.',
    );
    this.#evicted = new CounterTable(() => ({})).asCounter(
      meters,
      'portcullis.limits.keys.evicted',
      'Keys given up before their window ended, because the store in memory was full.',
    );
    this.#evicted.touch('');
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
    const requests = this.#silences.due(JSON.stringify([policy, name, bucket]));
    if (requests === undefined) return;
    this.events.warn(EVENTS.limitWouldRefuse, { policy, limit: name, bucket, route, requests });
  }

  keyEvicted(): void {
    this.#evicted.add('', 1);
    const keys = this.#silences.due(EVENTS.limitKeysEvicted);
    if (keys !== undefined) this.events.warn(EVENTS.limitKeysEvicted, { keys });
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
