import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../src/contracts/clock.js';
import { Exchange } from '../../../../src/contracts/exchange.js';
import { principalOf } from '../../../../src/contracts/principal.js';
import type { RouteFacts } from '../../../../src/contracts/route-facts.js';

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  constructor(public ms = 0) {}
  now = (): number => this.ms;
  monotonic = (): number => this.ms;
}

export const route = (facts: Partial<RouteFacts> = {}): RouteFacts => ({
  id: 'GET /api/users/:id',
  methods: ['GET'],
  path: '/api/users/:id',
  paramNames: ['id'],
  handler: 'UsersController.one',
  upstream: 'user-service',
  proxied: true,
  authenticated: true,
  ...facts,
});

export function exchangeFrom(address: string, subject?: string): Exchange {
  const req = {} as IncomingMessage;
  const res = {} as ServerResponse;
  const exchange = new Exchange(req, res, 'GET', '/api/users/7', '', address, 'id-1', 0, undefined);
  if (subject !== undefined) exchange.principal = principalOf({ subject, method: 'jwt' });
  return exchange;
}

/** The value of a field in a flat list; `undefined` when absent. */
export function field(list: readonly string[], name: string): string | undefined {
  const at = list.indexOf(name);
  return at < 0 ? undefined : list[at + 1];
}
