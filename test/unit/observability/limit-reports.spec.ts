import { describe, expect, it } from 'vitest';
import type { EventFields, EventLog, EventName } from '../../../src/observability/events.js';
import { LimitReports } from '../../../src/observability/limit-reports.js';
import { FakeClock } from '../policies/rate-limit/fixtures.js';

function setup() {
  const logged: (readonly [EventName, EventFields | undefined])[] = [];
  const log = (event: EventName, fields?: EventFields): void => void logged.push([event, fields]);
  const events: EventLog = { debug: log, info: log, warn: log, error: log };
  const clock = new FakeClock();
  return { logged, clock, reports: new LimitReports(clock, events, []) };
}

const rule = (bucket: string) => ({ policy: 'rate-limit', name: 'default', bucket, route: 'GET /a' });

describe('reports of limits', () => {
  it('tell of a limit in the shadow once a minute, with how many requests it was, each limit for itself', () => {
    const { logged, clock, reports } = setup();

    for (let i = 0; i < 5; i++) reports.wouldRefuse(rule('a'));
    reports.wouldRefuse(rule('b'));
    clock.ms = 59_999;
    reports.wouldRefuse(rule('a'));
    clock.ms = 60_000;
    reports.wouldRefuse(rule('a'));

    expect(logged.map(([event, fields]) => [event, fields?.['bucket'], fields?.['requests']])).toEqual([
      ['limits.would-refuse', 'a', 1],
      ['limits.would-refuse', 'b', 1],
      ['limits.would-refuse', 'a', 6],
    ]);
  });

  it('tell of a cost that is none once for each limit, and not of texts that a request may have brought', () => {
    const { logged, reports } = setup();

    reports.costRefused(rule('a'), 'a secret');
    reports.costRefused(rule('a'), -1);
    reports.costRefused(rule('b'), new Error('no price'));
    reports.costRefused(rule('c'), 1.5);

    expect(logged.map(([event, fields]) => [event, fields?.['said']])).toEqual([
      ['limits.cost-refused', 'string'],
      ['limits.cost-refused', 'no price'],
      ['limits.cost-refused', '1.5'],
    ]);
  });
});
