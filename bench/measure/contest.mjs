import { saturate } from './load.mjs';
import { cpuMicros, memoryMb } from './process-cost.mjs';

/** A round counts when the other gateway cost within this of its own median: else something else had the machine. */
const STEADY_SHARE = 0.1;

/**
 * Measures two gateways in adjacent pairs.
 *
 * 1. Warm both.
 * 2. In every round load one and at once the other; who is first changes with every round.
 * 3. Drop the rounds in which the reference moved.
 * 4. Give the medians of what is left, and the ratio of the medians.
 *
 * @param {{ name: string, url: string, pid: number }} gateway what the ratio is about
 * @param {{ name: string, url: string, pid: number }} reference what it is divided by
 * @param {(gateway: object, seconds: number) => object} trafficFor
 */
export async function contest(gateway, reference, trafficFor, { rounds, seconds, warmSeconds }) {
  const measured = { gateway: [], reference: [] };
  const one = async (who) =>
    measured[who].push(await measure(who === 'gateway' ? gateway : reference, trafficFor, seconds));
  // 1.
  for (const each of [gateway, reference]) await measure(each, trafficFor, warmSeconds);
  // 2.
  for (let round = 0; round < rounds; round += 1) {
    for (const who of round % 2 === 0 ? ['reference', 'gateway'] : ['gateway', 'reference']) await one(who);
  }
  // 3.
  const usual = median(measured.reference.map(({ cpu }) => cpu));
  const kept = measured.reference.flatMap(({ cpu }, i) =>
    Math.abs(cpu / usual - 1) <= STEADY_SHARE ? [i] : [],
  );
  // 4.
  const summary = (who) => summarize(kept.map((i) => measured[who][i]));
  const [ours, theirs] = [summary('gateway'), summary('reference')];
  return {
    gateway: { name: gateway.name, memoryMb: memoryMb(gateway.pid), ...ours },
    reference: { name: reference.name, memoryMb: memoryMb(reference.pid), ...theirs },
    cpuRatio: ours.cpu / theirs.cpu,
    rateRatio: ours.rate / theirs.rate,
    rounds,
    dropped: rounds - kept.length,
    raw: measured,
  };
}

async function measure(gateway, trafficFor, seconds) {
  const traffic = trafficFor(gateway, seconds);
  const cpuBefore = cpuMicros(gateway.pid);
  const result = await saturate(gateway, traffic, seconds);
  const cpu = cpuMicros(gateway.pid) - cpuBefore;
  if (traffic.usedOnce && result.requests > traffic.count) {
    throw new Error(`${gateway.name} used up its ${traffic.count} new tokens: sign more.`);
  }
  return {
    cpu: cpu / result.requests,
    rate: result.requests / (result.microseconds / 1e6),
    busy: cpu / result.microseconds,
    requests: result.requests,
  };
}

function summarize(rounds) {
  return Object.fromEntries(
    ['cpu', 'rate', 'busy'].map((key) => [key, median(rounds.map((round) => round[key]))]),
  );
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
