import type { Clock } from '../contracts/clock.js';
import { EVENTS, type EventLog } from '../observability/events.js';
import { Silences } from '../observability/silences.js';
import type { TransformObserver } from '../policies/transform-response/transform-observer.js';

/** Tells of answers that a response transform had to leave as they were: once a minute for each route. */
export function transformEvents(events: EventLog, clock: Clock): TransformObserver {
  const silences = new Silences(clock);
  return {
    unchanged(route, upstream, reason) {
      const answers = silences.due(route);
      if (answers !== undefined) events.warn(EVENTS.answerUnchanged, { route, upstream, reason, answers });
    },
  };
}
