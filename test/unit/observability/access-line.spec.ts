import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/contracts/gateway-error.js';
import { principalOf } from '../../../src/contracts/principal.js';
import { accessLine } from '../../../src/observability/access-line.js';
import { asciiLine } from '../../../src/observability/json-text.js';
import { decimalMs, LineClock } from '../../../src/observability/line-clock.js';
import { exchangeOf, USER_ROUTE } from './exchange.fixture.js';

const TIME = '2026-11-05T12:30:15.042Z';

/** Any UTF-16 units, halves of pairs included. */
const ANY_TEXT = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));

const lineOf = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe('the access line', () => {
  it('tells everything about an exchange that went through', () => {
    const exchange = exchangeOf({ path: '/api/users/7', query: '?token=canary' });
    exchange.route = USER_ROUTE;
    exchange.principal = principalOf({ subject: 'alice', method: 'jwt' });
    Object.assign(exchange, { status: 200, bytesIn: 3, bytesOut: 114 });
    Object.assign(exchange, { upstream: 'user-service', upstreamStatus: 200, upstreamMs: 1.25, attempts: 1 });

    const line = accessLine(exchange, TIME, 2.5);

    expect(lineOf(line)).toEqual({
      level: 'info',
      time: TIME,
      event: 'request',
      method: 'GET',
      route: 'GET /api/users/:id',
      path: '/api/users/7',
      status: 200,
      durationMs: 2.5,
      upstream: 'user-service',
      upstreamStatus: 200,
      upstreamMs: 1.25,
      attempts: 1,
      correlationId: 'id-1',
      subject: 'alice',
      client: '203.0.113.9',
      bytesIn: 3,
      bytesOut: 114,
    });
  });

  it('leaves out what an unmatched request does not have, and never shows the query', () => {
    const exchange = exchangeOf({ path: '/nowhere', query: '?access_token=canary' });
    exchange.status = 404;
    exchange.error = new GatewayError('route-not-found');

    const line = accessLine(exchange, TIME, 0.1);

    expect(lineOf(line)).toMatchObject({ status: 404, error: 'route-not-found' });
    expect(Object.keys(lineOf(line))).not.toContain('route');
    expect(line).not.toContain('canary');
  });

  it('names the policy that refused and the trace it belongs to, but no cause', () => {
    const exchange = exchangeOf();
    exchange.status = 429;
    exchange.error = new GatewayError('rate-limited', { policy: 'rate-limit', cause: new Error('canary') });
    exchange.traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

    const line = accessLine(exchange, TIME, 1);

    expect(lineOf(line)).toMatchObject({ policy: 'rate-limit', traceId: 'a'.repeat(32) });
    expect(line).not.toContain('canary');
  });

  it('is one line of printable ASCII with equal fields, whatever a client sends', () => {
    const nasty = fc.oneof(
      ANY_TEXT,
      fc.constantFrom(
        '\r\n{"level":"error"}',
        '\u001b[31mred',
        '\u2028\u2029',
        '"}{"',
        '\\',
        '\ud800',
        '\u0000',
      ),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, nasty, (path, correlationId, subject, client, method) => {
        const exchange = exchangeOf({ path, correlationId, clientAddress: client, method });
        exchange.route = { ...USER_ROUTE, id: path };
        exchange.principal = principalOf({ subject, method: 'jwt' });
        exchange.upstream = client;

        const line = accessLine(exchange, TIME, 1);

        expect(line).toMatch(/^[ -~]+\n$/);
        expect(lineOf(line)).toMatchObject({
          path,
          correlationId,
          client,
          method,
          route: path,
          upstream: client,
        });
        expect(lineOf(line)['subject']).toBe(subject.slice(0, 256));
      }),
      { seed: 20261105, numRuns: 300 },
    );
  });
});

describe('the line of an event', () => {
  it('is printable ASCII too and means the same', () => {
    fc.assert(
      fc.property(ANY_TEXT, (text) => {
        const line = asciiLine(`${JSON.stringify({ text })}\n`);

        expect(line).toMatch(/^[ -~]+\n$/);
        expect(lineOf(line)).toEqual({ text });
      }),
      { seed: 20261105, numRuns: 300 },
    );
  });
});

describe('times in lines', () => {
  it('equal ISO 8601 through every change of second', () => {
    const clock = new LineClock();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
        expect(clock.text(ms)).toBe(new Date(ms).toISOString());
      }),
      { seed: 20261105 },
    );
  });

  it('show durations with three decimals and never a negative one', () => {
    expect([0, 0.0456, 1, 12.3456, 59_999.9996, -3, Number.NaN].map(decimalMs)).toEqual([
      '0.000',
      '0.046',
      '1.000',
      '12.346',
      '60000.000',
      '0.000',
      '0.000',
    ]);
  });
});
