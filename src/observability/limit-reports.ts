import type { Meter } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import type { LimitObserver, LimitRule } from '../contracts/limit-observer.js';
import { CounterTable } from './counter-table.js';
import { EVENTS, type EventLog } from './events.js';

/** How long a rule keeps silent after an event about it. */
const QUIET_MS = 60_000;

interface Silence {
  until: number;
  /** What happened since the last event. */
  requests: number;
}

/** Reports whom limits in the shadow would refuse: every request in the metric, a rule once a minute in the log. */
export class LimitReports implements LimitObserver {
  readonly #shadowed: CounterTable;
  readonly #silences = new Map<string, Silence>();
  readonly #costsRefused = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly events: EventLog,
    meters: readonly Meter[],
  ) {
    this.#shadowed = new CounterTable(ruleAttributes).asCounter(
      meters,
      'portcullis.limit.shadowed',
      'Requests that a limit in the shadow would have refused.',
    );
  }

  wouldRefuse({ policy, name, bucket, route }: LimitRule): void {
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

  costRefused({ policy, name, bucket, route }: LimitRule, said: unknown): void {
    const id = JSON.stringify([policy, name, bucket]);
    if (this.#costsRefused.has(id)) return;
    this.#costsRefused.add(id);
    const found =
      said instanceof Error ? said.message : typeof said === 'number' ? String(said) : typeof said;
    this.events.warn(EVENTS.limitCostRefused, { policy, limit: name, bucket, route, said: found });
  }
}

function ruleAttributes(key: string): { readonly [name: string]: string } {
  const [policy, name, route] = JSON.parse(key) as [string, string, string];
  return { 'portcullis.policy': policy, 'portcullis.limit': name, 'http.route': route };
}
