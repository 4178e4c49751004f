const BATCH_MS = 40;
const BATCHES = 9;

/** Results land here, so that no engine can find out that nobody needs them. */
const sink = { last: undefined };

/**
 * How long one call takes, in nanoseconds: the median of some batches after one that warms.
 *
 * @param {(turn: number) => unknown} work gets 0, 1, 2 …, to choose its input
 */
export function nanosecondsPerCall(work) {
  let perBatch = 1;
  let elapsedMs = 0;
  while (elapsedMs < BATCH_MS) {
    perBatch *= 2;
    elapsedMs = timed(work, perBatch);
  }
  perBatch = Math.max(1, Math.round((perBatch * BATCH_MS) / elapsedMs));
  const samples = Array.from({ length: BATCHES }, () => (timed(work, perBatch) / perBatch) * 1e6);
  samples.sort((a, b) => a - b);
  return { median: samples[BATCHES >> 1], fastest: samples[0] };
}

function timed(work, calls) {
  const startedAt = performance.now();
  for (let turn = 0; turn < calls; turn += 1) sink.last = work(turn);
  return performance.now() - startedAt;
}
