import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/contracts/exchange.js';
import { BodyPace } from '../../../src/edge/body-pace.js';

const LIMITS = { bodyMinBytesPerSecond: 100, bodyGraceMs: 2_000 };

/** An upload whose connection is read or paused as told. */
function upload() {
  const state = { paused: false };
  const req = { complete: false, socket: { isPaused: () => state.paused } } as unknown as IncomingMessage;
  const exchange = { req, bytesIn: 0 } as unknown as Exchange;
  return { state, exchange, pace: new BodyPace(exchange, 0) };
}

describe('the pace of a body', () => {
  it('does not count before the grace is over', () => {
    const { pace } = upload();

    const atTheGrace = pace.isTooSlow(2_000, LIMITS);
    const behindIt = pace.isTooSlow(2_001, LIMITS);

    expect([atTheGrace, behindIt]).toEqual([false, true]);
  });

  it('is kept at the limit, to the byte', () => {
    const [kept, missed] = [upload(), upload()];
    kept.exchange.bytesIn = 400;
    missed.exchange.bytesIn = 399;

    expect(kept.pace.isTooSlow(4_000, LIMITS)).toBe(false);
    expect(missed.pace.isTooSlow(4_000, LIMITS)).toBe(true);
  });

  it('is an average: a fast beginning buys time', () => {
    const { exchange, pace } = upload();
    exchange.bytesIn = 1_000;

    const verdicts = [3_000, 10_000, 10_010].map((now) => pace.isTooSlow(now, LIMITS));

    expect(verdicts).toEqual([false, false, true]);
  });

  it('does not count the time in which the gateway holds the body up', () => {
    const { exchange, pace, state } = upload();
    exchange.bytesIn = 210;
    pace.isTooSlow(1_000, LIMITS);

    state.paused = true;
    const held = [2_000, 60_000].map((now) => pace.isTooSlow(now, LIMITS));
    state.paused = false;
    const read = [61_000, 62_000, 62_200].map((now) => pace.isTooSlow(now, LIMITS));

    // One second before the pause and, from the first look after it, another one and a bit.
    expect(held).toEqual([false, false]);
    expect(read).toEqual([false, false, true]);
  });
});
