import type { Exchange } from './exchange.js';
import type { ResponseStage } from './policy.js';
import { TunnelBody } from './upgrade.js';
import type { UpstreamResponse } from './upstream-response.js';

/** Runs response stages in order on an answer. A promise comes back only when one must wait. */
export function runAfter(
  stages: readonly ResponseStage[],
  exchange: Exchange,
  response: UpstreamResponse,
  from = 0,
): UpstreamResponse | Promise<UpstreamResponse> {
  // A tunnel is no answer: there is nothing to shape in it.
  if (response.body instanceof TunnelBody) return response;
  let answer = response;
  for (let i = from; i < stages.length; i++) {
    const next = (stages[i] as ResponseStage)(exchange, answer);
    if (next instanceof Promise) return next.then((ready) => runAfter(stages, exchange, ready, i + 1));
    answer = next;
  }
  return answer;
}
