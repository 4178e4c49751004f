import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/edge/http2/token-bucket.js';

const takeAll = (bucket: TokenBucket): number => {
  let taken = 0;
  while (bucket.take()) taken++;
  return taken;
};

describe('a token bucket', () => {
  it('gives its burst at once, and what time brings from then on', () => {
    let nowMs = 0;
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => nowMs);

    const atOnce = takeAll(bucket);
    nowMs = 400;
    const early = takeAll(bucket);
    nowMs = 1_000;
    const later = takeAll(bucket);

    expect([atOnce, early, later]).toEqual([3, 0, 2]);
  });

  it('never holds more than its burst', () => {
    let nowMs = 0;
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => nowMs);
    takeAll(bucket);

    nowMs = 3_600_000;
    const afterAnHour = takeAll(bucket);
    bucket.add(1_000);

    expect([afterAnHour, takeAll(bucket)]).toEqual([3, 3]);
  });
});
