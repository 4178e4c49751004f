import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WAYS } from '../support/gateway.harness.js';
import { getOf, LARGE, type LimitsContext, startLimits, stopLimits } from '../support/limits.app.js';
import { readNothing, readWithRests } from '../support/slow.reader.js';

const WRITE_TIMEOUT_MS = 200;

describe.each(WAYS)('a client that reads slowly, %s', (way) => {
  let context: LimitsContext;

  beforeAll(async () => {
    context = await startLimits(way, { WRITE_TIMEOUT_MS });
  });

  afterAll(() => stopLimits(context));

  it.each([
    ['streams', '/notes/large'],
    ["a team's own controller gives whole", '/own/large'],
  ])('gets all of an answer that %s when it only rests', async (_, path) => {
    const request = getOf(path, 'Connection: close\r\n');

    const taken = await readWithRests(context.running.port, request, WRITE_TIMEOUT_MS / 3);

    expect(taken).toBeGreaterThan(LARGE.length);
  });

  it.each([
    ['streams', '/notes/large'],
    ["a team's own controller gives whole", '/own/large'],
  ])('is cut when it takes nothing of an answer that %s', async (_, path) => {
    const cutAfterMs = await readNothing(context.running.port, getOf(path));

    expect(cutAfterMs).toBeGreaterThanOrEqual(WRITE_TIMEOUT_MS);
    await vi.waitFor(() =>
      expect(context.running.lines().at(-1)).toMatchObject({ path, status: 499, error: 'client-closed' }),
    );
  });

  it.each([
    ['proxied', '/notes/small'],
    ["a team's own controller's", '/own/small'],
  ])('is cut when it asks on and on and takes nothing of small answers, %s', async (_, path) => {
    const cutAfterMs = await readNothing(context.running.port, getOf(path), getOf(path).repeat(50));

    expect(cutAfterMs).toBeGreaterThanOrEqual(WRITE_TIMEOUT_MS);
  });
});
