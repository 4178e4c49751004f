import type { Meter } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import type { LossReason, RequestLogObserver } from '../contracts/request-log.js';
import { CounterTable } from './counter-table.js';
import { describeCause } from './describe-cause.js';
import { EVENTS, type EventLog } from './events.js';

/** How long nothing more is said of what was just told. */
const QUIET_MS = 60_000;

/** Reports how logs that are sent elsewhere fare: an outage once, lost records in the metric and once a minute in the log. */
export class RequestLogReports implements RequestLogObserver {
  readonly #lost: CounterTable;
  readonly #silences = new Map<string, { until: number; records: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly events: EventLog,
    meters: readonly Meter[],
  ) {
    this.#lost = new CounterTable((key) => {
      const [log = '', reason = ''] = key.split(' ');
      return { log, reason };
    }).asCounter(
      meters,
      'portcullis.request_log.lost',
      'Records of requests that did not reach their collector.',
    );
  }

  opened(log: string): void {
    for (const reason of ['full', 'retries', 'end']) this.#lost.touch(`${log} ${reason}`);
  }

  lost(log: string, reason: LossReason, records: number): void {
    const key = `${log} ${reason}`;
    this.#lost.add(key, records);
    const now = this.clock.monotonic();
    const silence = this.#silences.get(key) ?? { until: now, records: 0 };
    this.#silences.set(key, silence);
    silence.records += records;
    if (now < silence.until) return;
    this.events.warn(EVENTS.requestLogLost, { log, reason, records: silence.records });
    silence.until = now + QUIET_MS;
    silence.records = 0;
  }

  failing(log: string, cause: unknown): void {
    this.events.warn(EVENTS.requestLogFailing, { log, cause: describeCause(cause, false) });
  }

  recovered(log: string): void {
    this.events.info(EVENTS.requestLogRecovered, { log });
  }
}
