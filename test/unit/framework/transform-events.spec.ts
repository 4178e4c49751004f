import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/framework/testing/fake.clock.js';
import { transformEvents } from '../../../src/framework/transform-events.js';
import type { EventLog } from '../../../src/observability/events.js';

it('tells of answers that stayed unchanged once a minute for each route', () => {
  const clock = new FakeClock();
  const told: unknown[] = [];
  const events = {
    warn: (event: string, fields: unknown) => told.push([event, fields]),
  } as unknown as EventLog;
  const observer = transformEvents(events, clock);

  observer.unchanged('GET /a', 'user-service', 'that is not JSON');
  observer.unchanged('GET /a', 'user-service', 'that is not JSON');
  observer.unchanged('GET /b', undefined, 'that is only a part');
  clock.advance(60_000);
  observer.unchanged('GET /a', 'user-service', 'that is not UTF-8');

  expect(told).toEqual([
    [
      'transform.answer-unchanged',
      { route: 'GET /a', upstream: 'user-service', reason: 'that is not JSON', answers: 1 },
    ],
    [
      'transform.answer-unchanged',
      { route: 'GET /b', upstream: undefined, reason: 'that is only a part', answers: 1 },
    ],
    [
      'transform.answer-unchanged',
      { route: 'GET /a', upstream: 'user-service', reason: 'that is not UTF-8', answers: 2 },
    ],
  ]);
});
