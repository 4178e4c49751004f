import { describe, expect, it } from 'vitest';
import { Deadline } from '../../../src/resilience/deadline.js';
import { overrideTimeouts, resolveTimeouts } from '../../../src/resilience/timeout.options.js';

const settings = resolveTimeouts({ connectMs: 100, headersMs: 400, idleMs: 9_000, totalMs: 1_000 });

describe('Deadline', () => {
  it('hands out the very settings while they fit, so that the fast path makes nothing new', () => {
    const deadline = new Deadline(settings, 5_000);

    expect(deadline.timeouts(5_600)).toBe(settings);
  });

  it('shortens what no longer fits and leaves the idle clock of bodies alone', () => {
    const deadline = new Deadline(settings, 5_000);

    expect(deadline.timeouts(5_750.5)).toEqual({ connectMs: 100, headersMs: 250, idleMs: 9_000 });
  });

  it('never shortens to 0, which would switch a clock off', () => {
    const deadline = new Deadline(settings, 5_000);

    expect(deadline.timeouts(6_000)).toMatchObject({ connectMs: 1, headersMs: 1 });
  });

  it('ends a wait whose own clock is off', () => {
    const open = resolveTimeouts({ connectMs: 0, headersMs: 0, totalMs: 1_000 });
    const deadline = new Deadline(open, 0);

    expect(deadline.timeouts(400)).toMatchObject({ connectMs: 600, headersMs: 600 });
  });

  it('has passed from its last millisecond on', () => {
    const deadline = new Deadline(settings, 5_000);

    expect([deadline.passed(5_999.9), deadline.passed(6_000)]).toEqual([false, true]);
  });

  it('never passes when the total is off', () => {
    const endless = resolveTimeouts({ totalMs: 0 });
    const deadline = new Deadline(endless, 0);

    expect(deadline.passed(1e12)).toBe(false);
    expect(deadline.timeouts(1e12)).toBe(endless);
  });
});

describe('overrideTimeouts', () => {
  it('changes only the clocks given', () => {
    const merged = overrideTimeouts(settings, { idleMs: 5 });

    expect(merged).toEqual({ ...settings, idleMs: 5 });
  });

  it('keeps a total that is off', () => {
    const merged = overrideTimeouts(resolveTimeouts({ totalMs: 0 }), { headersMs: 90_000 });

    expect(merged.totalMs).toBe(0);
  });
});
