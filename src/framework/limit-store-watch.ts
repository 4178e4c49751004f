import { describeCause } from '../observability/describe-cause.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import type { LimitMetrics } from '../observability/limit-metrics.js';
import type { LimitStoreObserver } from '../policies/rate-limit/limit-store.observer.js';

/** Tells of the store that rate limits share: one line when it is lost, one when it is back, and metrics. */
export function limitStoreWatch(events: EventLog, metrics: LimitMetrics): LimitStoreObserver {
  return {
    lost: (cause) => {
      metrics.storeUp(false);
      events.error(EVENTS.limitStoreLost, { cause: describeCause(cause, false) });
    },
    back: () => {
      metrics.storeUp(true);
      events.info(EVENTS.limitStoreBack);
    },
    decidedWithout: (fail) => metrics.decidedWithout(fail),
  };
}
